"""A film in a file of any format that FFmpeg reads, decoded picture by picture at its own times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import av
from av import FFmpegError, VideoFrame
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.picture import FrameMaker, upright_size
from stream_v2m.sources.source import SourceConfig, SourceInfo
from stream_v2m.sources.timeline import Timeline

# Taken where a file does not say how many frames a second it has.
_FALLBACK_RATE_HZ = 25.0
# A frame's time may fall just before the moment that was asked for.
_EPSILON = 1e-6
# FFmpeg plays any .txt file as text art.
_TEXT_FORMAT = "tty"
_MICROSECONDS = 1_000_000  # FFmpeg's AV_TIME_BASE


class MediaFile:
    """A film. What is damaged is left out, and a film that breaks off is played up to there."""

    live = False

    def __init__(self, path: Path, config: SourceConfig) -> None:
        self.name = path.name
        self._path, self._config = path, config
        self._closed = Event()
        self._first: VideoFrame | None = None
        self._lap: Iterator[VideoFrame] = iter(())
        self._period = 1 / _FALLBACK_RATE_HZ

    def open(self) -> SourceInfo:
        """Open the file and decode its first picture, which alone tells whether and how it can be seen.

        Raises:
            SourceError: it is missing, a folder, no film, without moving pictures, damaged from the
                beginning, or over before ``seek_s``.
        """
        container, stream, place = self._start()
        rate_hz, duration = _rate_hz(stream), _duration(container, stream)
        if rate_hz is not None:
            self._period = 1 / rate_hz
        self._lap = self._decode(container, stream, place)
        self._first = next(self._lap, None)
        if self._first is None:
            raise self._nothing_seen(duration)
        rest = None if self._config.loop or duration is None else max(0.0, duration - self._config.seek_s)
        return SourceInfo(self.name, *upright_size(self._first), rate_hz, rest)

    def frames(self) -> Iterator[Frame]:
        """Decode; a loop opens the file anew for each lap, since not every format can go back.

        Raises:
            SourceError: a file that is looped has gone, or has pictures that cannot be converted.
        """
        maker, timeline = FrameMaker(), Timeline(self._period)
        frame, self._first = self._first, None
        while not self._closed.is_set():
            if frame is None:
                if not self._config.loop:
                    return
                self._lap = self._decode(*self._start())
                frame = next(self._lap, None)
                if frame is None:
                    raise self._nothing_seen(None)
            yield maker.frame(timeline.place(_pts_s(frame)), frame)
            frame = next(self._lap, None)

    def close(self) -> None:
        """End ``frames``, which closes the file: closing it under a decoder at work would crash."""
        self._closed.set()

    def _start(self) -> tuple[InputContainer, VideoStream, float]:
        """The file, opened at the last key frame before ``seek_s``, and a guess of where in the film that is."""
        container, stream = _open(self._path)
        seek_s = self._config.seek_s
        if not seek_s:
            return container, stream, 0.0
        try:
            moment = round((_start_s(stream) + seek_s) * _MICROSECONDS)
            container.seek(moment)
        except FFmpegError:  # a format that cannot seek has lost its place in trying
            container.close()
            return *_open(self._path), 0.0
        return container, stream, seek_s

    def _decode(self, container: InputContainer, stream: VideoStream, place: float) -> Iterator[VideoFrame]:
        """The pictures from ``seek_s`` on; closes the file at their end."""
        stream.codec_context.thread_count = self._config.decode_threads
        if self._config.decode_threads > 1:
            stream.codec_context.thread_type = "AUTO"
        start = _start_s(stream)
        with container:
            for picture in _pictures(container, stream):
                if self._closed.is_set():
                    return
                pts = _pts_s(picture)
                place = pts - start if pts is not None else place
                if place >= self._config.seek_s - _EPSILON:
                    yield picture
                place += self._period

    def _nothing_seen(self, duration: float | None) -> SourceError:
        if self._config.seek_s:
            return SourceError(
                "the film is over before it begins",
                where=self._path,
                got=f"seek_s = {self._config.seek_s:g}",
                expected=None if duration is None else f"less than its {duration:g} s",
            )
        return SourceError(
            "no picture in it can be decoded",
            where=self._path,
            cure="the file is damaged, or its codec is unknown to this FFmpeg (`stream-v2m doctor` lists the usual)",
        )


def _open(path: Path) -> tuple[InputContainer, VideoStream]:
    if path.is_dir():
        raise SourceError("a folder, not a film", where=path, cure=f"for the pictures in it, `images:{path}`")
    if not path.exists():
        raise SourceError("no such file", where=path, cure="`film:` needs none")
    try:
        # absolute, for FFmpeg takes "take:1.mp4" for an address
        container = av.open(str(path.absolute()), "r")
    except (FFmpegError, OSError) as error:
        raise SourceError("cannot be opened as a film", where=path, got=error.strerror or str(error)) from error
    try:
        return container, _picture_stream(path, container)
    except SourceError:
        container.close()
        raise


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    if container.format.name == _TEXT_FORMAT:
        raise SourceError("cannot be opened as a film", where=path, got="text")
    streams = container.streams.video
    moving = [stream for stream in streams if not stream.disposition & Disposition.attached_pic]
    if not moving:
        got = "a cover picture only" if streams else ", ".join(stream.type for stream in container.streams) or "nothing"
        raise SourceError("no moving pictures in it", where=path, got=got, expected="a video stream")
    if moving[0].codec_context is None:
        raise SourceError("its video codec is unknown to this FFmpeg", where=path, cure="convert it to H.264")
    return moving[0]


def _rate_hz(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate else None


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / _MICROSECONDS if container.duration else None


def _start_s(stream: VideoStream) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0


def _pictures(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:  # the film breaks off
            packet = None
        if packet is None:
            return
        try:
            yield from packet.decode()
        except FFmpegError:  # a damaged packet; the next one may be whole
            continue


def _pts_s(picture: VideoFrame) -> float | None:
    return None if picture.pts is None or not picture.time_base else float(picture.pts * picture.time_base)
