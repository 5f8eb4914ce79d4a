"""Sources that take their time on the virtual clock, and the worker that lets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stream_v2m.core.clock import VirtualClock
from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.source import SourceInfo

FOREVER = 1e9


def picture(time: float = 0.0, value: int = 0) -> Frame:
    small = np.full((3, 90, 160), value, np.uint8)
    return Frame(time, small, lambda width, height: np.zeros((height, width, 3), np.uint8))


@dataclass
class Fake:
    """A source that takes its time.

    Attributes:
        gaps: seconds before each picture of a live source; of a film, the times of its pictures.
        opens: seconds that opening takes.
        fault: raised after the last picture, or, without ``gaps``, by opening.
        pause: where what it does next is told how long that takes (``Patient``).
    """

    gaps: list[float]
    live: bool = True
    opens: float = 0.0
    fault: SourceError | None = None
    value: int = 0
    awaits: str | None = None
    name: str = "fake"
    closed: bool = field(default=False)
    pause: float = 0.0

    def open(self) -> SourceInfo:
        self.pause = self.opens
        if self.fault and not self.gaps:
            raise self.fault
        return SourceInfo(self.name, 64, 36, None, None)

    def frames(self) -> Iterator[Frame]:
        for gap in self.gaps:
            if self.closed:
                return
            self.pause = gap if self.live else 0.0
            yield picture(0.0 if self.live else gap, self.value)
        if self.fault:
            raise self.fault

    def close(self) -> None:
        self.closed = True


class Patient:
    """A worker whose calls last as long as the source that was called says."""

    def __init__(self, sources: list[Fake], clock: VirtualClock) -> None:
        self._sources, self._clock = sources, clock

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            done = function(*args, **kwargs)
        finally:
            pause = max((source.pause for source in self._sources), default=0.0)
            for source in self._sources:
                source.pause = 0.0
            await self._clock.sleep_until(self._clock.now() + pause)
        return done

    def close(self, *, wait: bool = True) -> None:
        pass
