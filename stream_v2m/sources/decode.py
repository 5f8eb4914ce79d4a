"""Decoding a live stream: every picture at once, none that would make the next ones late."""

from __future__ import annotations

from collections.abc import Iterator

from av import FFmpegError, VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import SourceError
from stream_v2m.sources.pace import Lag

# A packet of MPEG-TS holds a picture; FFmpeg's parser, in search of its end, would keep it until the next begins.
UNPARSED = {"fflags": "noparse"}
BEHIND_S = 0.3  # the pictures that no other needs are passed over
FAR_BEHIND_S = 3.0  # everything up to the next key frame is


def video_of(container: InputContainer, *, where: str, threads: int) -> VideoStream:
    """The first video stream, set up so that no thread of the decoder holds pictures back.

    Raises:
        SourceError: there is none, or none that can be decoded.
    """
    streams = container.streams.video
    if not streams:
        raise SourceError("no moving pictures in it", where=where, expected="a video stream")
    stream = streams[0]
    if stream.codec_context is None:
        raise SourceError("its video codec is unknown to this FFmpeg", where=where, cure="send H.264")
    stream.codec_context.thread_type = "SLICE"  # frame threads would each hold one picture back
    stream.codec_context.thread_count = threads
    return stream


def decoded(container: InputContainer, stream: VideoStream, clock: Clock) -> Iterator[VideoFrame]:
    """Each picture as soon as it is there, from the first whole one on; those that a stream breaks are left out.

    Raises:
        FFmpegError: of the reading.
    """
    lag, whole = Lag(), False
    for packet in container.demux(stream):
        if packet.dts is not None and packet.time_base:
            behind = lag.see(float(packet.dts * packet.time_base), clock.now())
            stream.codec_context.skip_frame = (
                "NONKEY" if behind > FAR_BEHIND_S else "NONREF" if behind > BEHIND_S else "DEFAULT"
            )
        try:
            pictures = packet.decode()
        except FFmpegError:  # a damaged packet; the next one may be whole
            continue
        for picture in pictures:
            whole = whole or picture.key_frame
            if whole and not picture.is_corrupt:
                yield picture
