"""Film and sound files as listeners get them: H.264 of one width, with AAC sound of the film's length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from models.listening.loudness import RATE_HZ
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.values import Frame

WIDTH = 640  # pixels
FADE_S = 1.0  # at the end of every sound
SOUND_BITS = 192_000  # a second
_TIME_BASE = Fraction(1, 90_000)
_SMPTE170M, _MPEG_RANGE = 6, 1  # AVColorSpace and its kin; AVColorRange
_CHUNK = 1_024  # samples of an AAC frame


def height_for(width: int, height: int) -> int:
    """The height, even as H.264 wants it, of a picture of these proportions that is ``WIDTH`` wide."""
    return max(2, round(WIDTH * height / width / 2) * 2)


def write_film(frames: Iterable[Frame], path: Path, *, height: int, rate_hz: float) -> float:
    """Write a silent film ``WIDTH`` wide; gives its length in seconds.

    Raises:
        ConfigError: it has fewer than two pictures.
    """
    times: list[float] = []
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        rate = Fraction(rate_hz).limit_denominator(1001)
        stream = out.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, height, "yuv420p"
        codec = stream.codec_context
        codec.time_base = _TIME_BASE
        codec.colorspace = codec.color_primaries = codec.color_trc = _SMPTE170M
        codec.color_range = _MPEG_RANGE
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame.picture(WIDTH, height), format="rgb24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG, threads=1
            )
            picture.pts, picture.time_base = round(frame.time / _TIME_BASE), _TIME_BASE
            times.append(frame.time)
            out.mux(stream.encode(picture))
        if len(times) < 2:
            raise ConfigError("too short to be rated", where=path.stem, got=f"{len(times)} pictures")
        out.mux(stream.encode(None))
    return times[-1] + (times[-1] - times[0]) / (len(times) - 1)


def read_sound(path: Path) -> NDArray[np.float32]:
    """A sound file of any format that FFmpeg reads, as stereo [n, 2] at ``RATE_HZ``.

    Raises:
        ConfigError: it is missing or no sound.
    """
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
    try:
        with av.open(str(path.absolute())) as container:
            if not container.streams.audio:
                raise ConfigError("has no sound", where=path)
            blocks = [
                resampled.to_ndarray()
                for frame in (*container.decode(audio=0), None)
                for resampled in resampler.resample(frame)
            ]
    except (av.FFmpegError, OSError) as error:
        raise ConfigError("cannot be read as sound", where=path, got=error.strerror or str(error)) from error
    if not blocks:
        raise ConfigError("has no sound", where=path)
    return np.concatenate(blocks, axis=1, dtype=np.float32).T


def fitted(sound: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """The sound cut, or lengthened by silence, to ``seconds``; what is cut off fades out before."""
    length = round(seconds * RATE_HZ)
    found = np.zeros((length, 2), np.float32)
    kept = min(length, len(sound))
    found[:kept] = sound[:kept]
    fade = min(length, round(FADE_S * RATE_HZ))
    found[length - fade :] *= (np.cos(np.linspace(0, np.pi, fade, dtype=np.float32)) / 2 + 0.5)[:, np.newaxis]
    return found


def write_stimulus(film: Path, sound: NDArray[np.float32], path: Path) -> None:
    """The film's very pictures, not encoded again, with this sound."""
    with (
        av.open(str(film)) as source,
        av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out,
    ):
        pictures = out.add_stream_from_template(source.streams.video[0])
        audio = out.add_stream("aac", rate=RATE_HZ, layout="stereo", bit_rate=SOUND_BITS)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
        for block in _blocks(sound):
            out.mux(audio.encode(block))
        out.mux(audio.encode(None))


def _blocks(sound: NDArray[np.float32]) -> Iterator[av.AudioFrame]:
    for begin in range(0, len(sound), _CHUNK):
        samples = np.ascontiguousarray(sound[begin : begin + _CHUNK].T)
        block = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        block.sample_rate, block.pts, block.time_base = RATE_HZ, begin, Fraction(1, RATE_HZ)
        yield block
