"""Pictures that somebody publishes here by WebRTC, as a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from av import VideoFrame

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.newest import Newest
from stream_v2m.sources.picture import FrameMaker, upright_size
from stream_v2m.sources.source import SourceInfo

NAME = "webrtc"


class Inlet(Protocol):
    """What pictures are published to."""

    def attach(self, slot: Newest[VideoFrame]) -> None: ...

    def detach(self, slot: Newest[VideoFrame]) -> None: ...


class Published:
    """What is published to an inlet; a publisher who leaves is not its end, for another one may come.

    Attributes:
        awaits: for whom it waits as long as nobody sends.
    """

    name = NAME
    live = True
    awaits = "a publisher"

    def __init__(self, inlet: Inlet) -> None:
        self._inlet = inlet
        self._slot: Newest[VideoFrame] = Newest()
        self._first: VideoFrame | None = None

    @property
    def dropped(self) -> int:
        """Pictures that came while an older one was looked at, and were replaced by newer ones."""
        return self._slot.dropped

    def open(self) -> SourceInfo:
        """Wait for the first picture.

        Raises:
            SourceError: it was closed before one came.
        """
        self._inlet.attach(self._slot)
        self._first = self._slot.take()
        if self._first is None:
            raise SourceError("closed before anybody published a picture", where=self.name)
        return SourceInfo(self.name, *upright_size(self._first), None, None)

    def frames(self) -> Iterator[Frame]:
        """The newest picture each time; the small one is made here, in the reader's thread."""
        maker = FrameMaker()
        picture, self._first = self._first, None
        while picture is not None:
            yield maker.frame(0.0, picture)
            picture = self._slot.take()

    def close(self) -> None:
        self._inlet.detach(self._slot)
        self._slot.close()
