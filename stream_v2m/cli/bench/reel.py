"""The reel: a film whose cuts and flashes are known to the frame, encoded once, so that decoding it is real work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import cast

import av
import numpy as np
from av import VideoFrame
from av.video.stream import VideoStream

from stream_v2m.sources.film import Film
from stream_v2m.sources.scenario import MEAN_SHOT, Scenario, Shot, write_scenario
from stream_v2m.sources.source import SourceConfig

QUIET = 3.0  # seconds at the beginning in which nothing happens: the music begins meanwhile
LONGEST = 32.0  # seconds; a longer measurement sees the reel again
SHORTEST_SHOT, LONGEST_SHOT = 1.2, 2.0  # seconds
_CODECS = ("libx264", "h264", "mpeg4")  # the first that this FFmpeg can write
_CAMERA = {"preset": "veryfast", "tune": "zerolatency"}  # as cameras encode: no picture waits for a later one
_BITS_A_PIXEL = 0.1


@dataclass(frozen=True, slots=True)
class Reel:
    """An encoded film that is played again and again.

    Attributes:
        frames: of one round.
        cuts: numbers of the frames that begin a shot; frame 0 of every later round is one too.
        flashes: numbers of the frames that begin a flash.
    """

    path: Path
    size: tuple[int, int]
    rate_hz: float
    codec: str
    frames: int
    cuts: tuple[int, ...]
    flashes: tuple[int, ...]

    def events(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Cuts and flashes among the frames from ``first`` to before ``last``, rounds counted on."""
        rounds = range(first // self.frames, last // self.frames + 1)
        cuts = [lap * self.frames + number for lap in rounds for number in (*([0] if lap else []), *self.cuts)]
        flashes = [lap * self.frames + number for lap in rounds for number in self.flashes]
        return [n for n in cuts if first <= n < last], [n for n in flashes if first <= n < last]


def write_reel(
    path: Path, seconds: float, *, size: tuple[int, int], rate_hz: float, progress: Callable[[float], None]
) -> Reel:
    """Draw and encode it; ``progress`` is told the share that is done."""
    scenario = dense_scenario(min(seconds, LONGEST), rate_hz)
    film = Film(SourceConfig(), rate_hz=rate_hz)
    film.scenario = scenario
    frames = round(scenario.duration * rate_hz)
    codec = next(name for name in _CODECS if name in av.codecs_available and _writes(name))
    rate = Fraction(rate_hz).limit_denominator(1001)
    with av.open(str(path), "w") as container:
        options = _CAMERA if codec == "libx264" else {}
        stream = cast(VideoStream, container.add_stream(codec, rate=rate, options=options))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size, stream.max_b_frames = round(2 * rate_hz), 0
        stream.bit_rate = round(size[0] * size[1] * rate_hz * _BITS_A_PIXEL)
        for number in range(frames):
            drawn = VideoFrame.from_ndarray(film.render(number / rate_hz), format="rgb24")
            picture = drawn.reformat(*size, format="yuv420p", threads=1)
            picture.pts, picture.time_base = number, 1 / rate
            container.mux(stream.encode(picture))
            progress((number + 1) / frames)
        container.mux(stream.encode(None))
    numbers = (
        tuple(round(moment * rate_hz) for moment in moments) for moments in (scenario.cut_times, scenario.flash_times)
    )
    return Reel(path, size, rate_hz, codec, frames, *numbers)


def dense_scenario(seconds: float, rate_hz: float) -> Scenario:
    """The synthetic film's moods in shots of a second or two, hard cuts only, every event on a frame.

    Its end is no longer than ``seconds`` away, and looks unlike its beginning, so that its return is a cut.
    """
    for seed in count():
        rng = np.random.default_rng(seed)
        starts = [0.0]
        begin = QUIET + 0.4
        while begin <= seconds - SHORTEST_SHOT:
            starts.append(round(begin * rate_hz) / rate_hz)
            begin += float(rng.uniform(SHORTEST_SHOT, LONGEST_SHOT))
        moods = [shot.mood for shot in write_scenario(seed, len(starts) * MEAN_SHOT).shots]
        if len(moods) == 1 or moods[0].tone != moods[-1].tone:
            break
    duration = round(seconds * rate_hz) / rate_hz
    shots = []
    for mood, start, end in zip(moods, starts, (*starts[1:], duration), strict=True):
        flash = round((start + (end - start) / 2) * rate_hz) / rate_hz
        shots.append(Shot(mood, start, end, "cut", (flash,) if mood.flashes and start > 0 else ()))
    return Scenario(seed, duration, tuple(shots))


def _writes(codec: str) -> bool:
    try:
        return bool(av.Codec(codec, "w").is_encoder)
    except av.codec.codec.UnknownCodecError:
        return False
