"""A reader: a thread that reads pictures for as long as they come, and gives the newest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from threading import Condition, Event

from av import VideoFrame

from stream_v2m.core.errors import SourceError
from stream_v2m.core.leave import ForeignThread
from stream_v2m.sources.jpeg_decoder import JpegDecoder

Picture = VideoFrame | bytes  # bytes: a JPEG, which is decoded once somebody takes it


class Reader:
    """Reads in a thread of its own, so that nothing queues up behind a taker who is slow, nor waits for FFmpeg.

    FFmpeg cannot be called back from a read or from the opening of an address. So ``close`` does not wait: the
    thread ends with the next picture, or by the time limits that it gave FFmpeg, and never keeps a process alive.

    Args:
        pictures: called in the thread; opens, reads, lets go. ``closed`` tells it when to end. Those that come as
            JPEGs are decoded by the taker, so that what nobody takes costs nothing.
    """

    def __init__(self, name: str, pictures: Callable[[], Iterator[Picture]]) -> None:
        self.closed = Event()
        self._pictures = pictures
        self._changed = Condition()
        self._newest: Picture | None = None
        self._jpegs = JpegDecoder()
        self._ended = False
        self._fault: BaseException | None = None
        self._thread = ForeignThread(target=self._read, name=name, daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def take(self) -> VideoFrame | None:
        """The newest picture that was not yet taken, waiting for one; None after the last, and once closed.

        Raises:
            SourceError: what ended the reading.
        """
        while isinstance(newest := self._take(), bytes):
            if (picture := self._jpegs.decode(newest)) is not None:
                return picture
        return newest

    def _take(self) -> Picture | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended or self.closed.is_set())
            if self.closed.is_set():
                return None
            newest, self._newest = self._newest, None
            if newest is None and self._fault is not None:
                raise self._fault
            return newest

    def close(self) -> None:
        """End ``take``; from any thread, at once."""
        self.closed.set()
        with self._changed:
            self._changed.notify_all()

    def _read(self) -> None:
        try:
            for picture in self._pictures():
                with self._changed:
                    self._newest = picture
                    self._changed.notify_all()
                if self.closed.is_set():
                    return
        except SourceError as error:
            self._fault = error
        finally:
            with self._changed:
                self._fault = self._fault or sys.exc_info()[1]  # a bug of ours is raised where pictures are taken
                self._ended = True
                self._changed.notify_all()
