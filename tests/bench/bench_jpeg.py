"""What decoding motion JPEG at the size that is looked at saves, and what vision makes of it.

``OMP_NUM_THREADS=1 python -m tests.bench.bench_jpeg [FILM.avi …]`` writes JSON: milliseconds of processor time a
picture, and how far the measures of the smaller pictures are from those of the whole ones. The films' codec is MJPEG;
without one, a minute of the synthetic film at 1280×720 is encoded first.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from av import Packet, VideoFrame
from numpy.typing import NDArray

from stream_v2m.sources.film import Film
from stream_v2m.sources.jpeg_decoder import JpegDecoder
from stream_v2m.sources.picture import FrameMaker
from stream_v2m.sources.source import SourceConfig
from stream_v2m.vision.color_affect import ColorAffect, ColorConfig
from stream_v2m.vision.observer import Observer, VisionConfig

SPAN = 1.0  # seconds
RATE_HZ = 25
SIZE = 1280, 720
MEASURES = ("motion", "brightness", "saturation", "contrast", "warmth", "variety", "valence", "arousal")


def encode(path: Path, seconds: float = 60.0) -> None:
    """The synthetic film as motion JPEG."""
    film = Film(SourceConfig(), seed=3, size=SIZE, rate_hz=RATE_HZ, seconds=seconds)
    film.open()
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", RATE_HZ, options={"qmin": "5", "qmax": "5"})
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuvj420p"
        for frame in film.frames():
            picture = VideoFrame.from_ndarray(frame.picture(*SIZE), format="rgb24")
            output.mux(stream.encode(picture.reformat(format="yuvj420p")))
        output.mux(stream.encode(None))


def see(
    path: Path, decode: Callable[[Packet[Any]], VideoFrame | None]
) -> tuple[NDArray[np.float64], list[tuple[str, int]], dict[str, float]]:
    """Measures [pictures, measures], events with their picture's number, milliseconds a picture."""
    observer, affect, maker = Observer(VisionConfig()), ColorAffect(ColorConfig()), FrameMaker()
    rows: list[list[float]] = []
    events, spent = [], {"decode": 0.0, "convert": 0.0}
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        assert stream.average_rate is not None
        for packet in container.demux(stream):
            begun = time.thread_time()
            picture = decode(packet) if packet.size else None
            if picture is None:
                continue
            decoded = time.thread_time()
            frame = maker.frame(len(rows) / float(stream.average_rate), picture)
            spent["convert"] += time.thread_time() - decoded
            spent["decode"] += decoded - begun
            sight = observer.see(frame, span=SPAN)
            assert sight.measures is not None
            color, mood = sight.measures.color, affect.estimate(frame, sight.measures).affect
            rows.append([sight.measures.motion, *(getattr(color, name) for name in MEASURES[1:-2])])
            rows[-1] += [mood.valence, mood.arousal]
            events += [(cue.event.name, len(rows)) for cue in sight.cues if cue.event is not None]
    return np.array(rows), events, {name: round(1000 * each / len(rows), 2) for name, each in spent.items()}


def compare(path: Path) -> dict[str, Any]:
    """One film, whole and small."""
    small = JpegDecoder()
    whole, whole_events, whole_ms = see(path, lambda packet: next(iter(packet.decode()), None))
    less, less_events, less_ms = see(path, lambda packet: small.decode(bytes(packet)))
    measures = {
        name: {
            "largest_difference": round(float(np.abs(a - b).max()), 5),
            "correlation": round(float(np.corrcoef(a, b)[0, 1]), 6),
        }
        for name, a, b in zip(MEASURES, whole.T, less.T, strict=True)
    }
    return {
        "film": path.name,
        "pictures": len(whole),
        "whole_ms": whole_ms,
        "small_ms": less_ms,
        "events": len(whole_events),
        "same_events": whole_events == less_events,
        **measures,
    }


def main(*films: str) -> None:
    with TemporaryDirectory() as folder:
        paths = [Path(film) for film in films]
        if not paths:
            paths = [Path(folder) / "film.avi"]
            encode(paths[0])
        print(json.dumps([compare(path) for path in paths], indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
