"""Small pictures and films for tests, written with PyAV."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

MILLISECOND = Fraction(1, 1000)


def plain(red: int, green: int, blue: int, *, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """A picture of one colour, RGB [height, width, 3]."""
    return np.full((height, width, 3), (red, green, blue), np.uint8)


def greys(count: int, *, width: int = 64, height: int = 48) -> list[NDArray[np.uint8]]:
    """Pictures that tell their number: each is 10 lighter than the one before."""
    return [plain(level, level, level, width=width, height=height) for level in range(20, 20 + 10 * count, 10)]


def number(small: NDArray[np.uint8]) -> int:
    """Which of ``greys`` a small picture shows."""
    return round((float(small[0].mean()) - 20) / 10)


def write_film(
    path: Path,
    pictures: Sequence[NDArray[np.uint8]],
    *,
    times_ms: Sequence[int] | None = None,
    codec: str = "mpeg4",
    pix_fmt: str = "yuv420p",
    format: str | None = None,
    rotation: int = 0,
) -> Path:
    """Write a film; 25 frames a second unless ``times_ms`` says when each is seen."""
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w", format) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.gop_size = 5
        if times_ms is not None:
            stream.codec_context.time_base = stream.time_base = MILLISECOND
        if rotation:
            stream.set_display_rotation(rotation)
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times_ms is None:
                frame.pts, frame.time_base = index, Fraction(1, 25)
            else:
                frame.pts, frame.time_base = times_ms[index], MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_picture(path: Path, picture: NDArray[np.uint8]) -> Path:
    """Write one PNG."""
    height, width = picture.shape[:2]
    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "rgb24", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts = 0
    packets = [*codec.encode(frame), *codec.encode(None)]
    path.write_bytes(b"".join(map(bytes, packets)))
    return path


def read_png(data: bytes) -> NDArray[np.uint8]:
    """The picture of one PNG, RGBA [height, width, 4]."""
    with av.open(io.BytesIO(data), format="png_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgba")


def write_sound(path: Path) -> Path:
    """Write a tenth of a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
