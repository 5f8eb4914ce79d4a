"""Decodes motion JPEG at the size that is looked at: FFmpeg's decoder leaves out what a smaller picture has not."""

from __future__ import annotations

from av import FFmpegError, Packet, VideoFrame
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext

from stream_v2m.sources.jpeg import PREVIEW

_HALVINGS = 3  # at most: an eighth of the size is a block's mean


class JpegDecoder:
    """The first picture is decoded whole and tells the size, those after it halved as often as ``halvings`` says.

    Each picture stands for itself, so nothing is lost by it in those that follow; a codec that builds one picture
    on another would drift. When the size changes, the first picture of the new size is whole again.
    """

    def __init__(self) -> None:
        self._size = (0, 0)
        self._codec = _codec(0)

    def decode(self, jpeg: bytes) -> VideoFrame | None:
        """The picture; None: it is damaged."""
        picture = _picture(self._codec, jpeg)
        if picture is None or (picture.width, picture.height) == self._size:
            return picture
        whole = _picture(_codec(0), jpeg)
        if whole is not None:
            times = halvings(whole.width, whole.height)
            self._size = halved(whole.width, times), halved(whole.height, times)
            self._codec = _codec(times)
        return whole


def halvings(width: int, height: int) -> int:
    """How often a picture may be halved and still be as large as the largest that is made of it, the preview."""
    fitting = (
        times
        for times in range(_HALVINGS, 0, -1)
        if halved(width, times) >= PREVIEW[0] and halved(height, times) >= PREVIEW[1]
    )
    return next(fitting, 0)


def halved(side: int, times: int) -> int:
    """A side in pixels after so many halvings, as FFmpeg rounds it."""
    return -(-side >> times)


def _codec(times: int) -> VideoCodecContext:
    codec = CodecContext.create("mjpeg", "r")
    assert isinstance(codec, VideoCodecContext)
    codec.thread_count = 1  # threads would each hold one picture back
    codec.options = {"lowres": str(times)}
    return codec


def _picture(codec: VideoCodecContext, jpeg: bytes) -> VideoFrame | None:
    if not jpeg:  # for FFmpeg the end of all
        return None
    try:
        return next(iter(codec.decode(Packet(jpeg))), None)
    except FFmpegError:
        return None
