"""What every live source that FFmpeg reads is: read in a thread of its own, the newest picture wins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from threading import Event

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.picture import FrameMaker, upright_size
from stream_v2m.sources.reader import Picture, Reader
from stream_v2m.sources.source import SourceInfo


class LiveSource(ABC):
    """A ``Source`` of which only the reading is left to say.

    Pictures that nobody took in time are dropped before they are converted, JPEGs before they are decoded.

    Attributes:
        awaits: for whom an open source waits, if for anybody (``source.awaited``).
        rate_hz: nominal frames a second, once it is open, if that is known.
    """

    live = True
    awaits: str | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.rate_hz: float | None = None
        self._reader = Reader(name, self.pictures)

    @abstractmethod
    def pictures(self) -> Iterator[Picture]:
        """Open, read until ``closed`` or the end, let go; in a thread of its own.

        Raises:
            SourceError: it cannot be opened, or was lost.
        """

    @property
    def closed(self) -> Event:
        """Set once nobody wants pictures any more."""
        return self._reader.closed

    def open(self) -> SourceInfo:
        """Open, and wait for the first picture, which is thrown away.

        Raises:
            SourceError: it cannot be opened, gives no picture, or was closed meanwhile.
        """
        self._reader.start()
        first = self._reader.take()
        if first is None:
            raise SourceError("it ended before its first picture", where=self.name)
        return SourceInfo(self.name, *upright_size(first), self.rate_hz, None)

    def frames(self) -> Iterator[Frame]:
        """The newest picture whenever one is asked for; ``time`` is 0.0.

        Raises:
            SourceError: the source was lost.
        """
        maker = FrameMaker()
        while (picture := self._reader.take()) is not None:
            yield maker.frame(0.0, picture)

    def close(self) -> None:
        """End ``open`` and ``frames``; the device is let go of by the thread that reads it."""
        self._reader.close()
