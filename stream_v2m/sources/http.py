"""What an HTTP address brings: motion JPEG, as network cameras send it, or what FFmpeg makes out: HLS, a film."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from av import FFmpegError, VideoFrame
from av.container import InputContainer

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.jpeg_finder import JpegFinder
from stream_v2m.sources.network import NetworkStream
from stream_v2m.sources.pace import Playout
from stream_v2m.sources.reader import Picture
from stream_v2m.sources.word import name_of

# What ends like this is no motion JPEG, and need not be asked first what it is.
_FOR_FFMPEG = (".m3u8", ".m3u", ".mpd", ".ts", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".flv", ".avi")
# FFmpeg's demuxer of motion JPEG invents 25 pictures a second, and where no length is given holds each picture back
# until the next one comes. So it is asked for the bytes alone; ranges mean nothing to a camera.
_BYTES = {"raw_packet_size": "65536", "seekable": "0"}
_HEAD = 16  # bytes that tell what comes
_PAGE = (b"<!doctype html", b"<html", b"<head")


class HttpStream(NetworkStream):
    """The stream at an HTTP address.

    Motion JPEG has no time stamps: each picture is shown when it is there. All else comes in pieces, and is paced by
    its own time stamps. A stream that ends is lost, save a film that has a known length.
    """

    def pictures(self) -> Iterator[Picture]:
        if not name_of(self._address).lower().endswith(_FOR_FFMPEG):
            with self._connect("data", **_BYTES) as container:
                arriving = self._arriving(container)
                head = _head(arriving)
                if head.startswith((b"--", b"\xff\xd8")):
                    yield from self._jpegs(head, arriving)
                if head.lower().startswith(_PAGE):
                    raise SourceError(
                        "a web page, and not a stream",
                        where=self.name,
                        cure="if the page shows the stream: open the picture by itself and take that address",
                    )
        yield from super().pictures()

    def _arriving(self, container: InputContainer) -> Iterator[bytes]:
        try:
            for packet in container.demux():
                yield bytes(packet)
        except FFmpegError as error:
            raise self._lost(error) from None

    def _jpegs(self, head: bytes, arriving: Iterator[bytes]) -> Iterator[bytes]:
        """Each picture as soon as it is whole; never returns.

        What is not multipart may be one picture only: the first is shown when there is a second.
        """
        finder, begun, count = JpegFinder(), self._clock.now(), 0
        multipart, end = head.startswith(b"--"), self._ended()
        try:
            for data in chain([head], arriving):
                found = finder.feed(data)
                count += len(found)
                if multipart or count > 1:
                    yield from found
                if not count and self._clock.now() - begun > self._config.open_timeout_s:
                    raise SourceError("no JPEG in what it sends", where=self.name, expected="motion JPEG")
        except SourceError as error:
            end = error
        raise end if multipart or count != 1 else self._still()

    def _options(self) -> dict[str, str]:
        return super()._options() | {"live_start_index": "-1"}  # HLS: begin with the newest segment

    def _shown(self, container: InputContainer) -> Iterator[VideoFrame]:
        kind = container.format.name
        if kind == "image2" or kind.endswith("_pipe"):
            raise self._still()
        playout = Playout()
        for picture in self._decoded(container):
            if picture.time is not None:
                self.closed.wait(playout.wait(picture.time, self._clock.now()))
            yield picture
        if not container.duration:
            raise self._ended()

    def _still(self) -> SourceError:
        return SourceError(
            "a single picture, and not a stream",
            where=self.name,
            cure="cameras have another address for their stream, often with video, stream or mjpg in it",
        )


def _head(arriving: Iterator[bytes]) -> bytes:
    """What comes first, but for empty lines."""
    head = b""
    for data in arriving:
        head = (head + data).lstrip()
        if len(head) >= _HEAD:
            break
    return head
