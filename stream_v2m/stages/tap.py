"""A tap: one source, opened once, whose pictures come out at their times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.core.worker import Worker
from stream_v2m.sources.source import Source, SourceInfo

BEHIND = 0.5  # seconds that a film may lag before it goes on from where it is


class Tap:
    """Reads a source in a worker of its own.

    Args:
        name: by which the performance knows the source.
        stall: seconds without a picture after which a live source is lost.
        latency: seconds that a live source's picture takes to come here, by the name of the source as it is open.
        notice: told of what the user should know.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        worker: Worker,
        *,
        stall: float,
        clock: Clock,
        notice: Callable[[str], None],
        latency: Callable[[str], float] = lambda name: 0.0,
    ) -> None:
        self.name, self.source, self._latency = name, source, latency
        self._worker, self._stall, self._clock, self._notice = worker, stall, clock, notice
        self._pictures: Iterator[Frame] | None = None
        self._start = 0.0

    async def open(self) -> SourceInfo:
        """Open the source, however long that takes.

        Raises:
            SourceError: it cannot be opened.
        """
        return await self._worker.run(self.source.open)

    async def next(self) -> Frame | None:
        """The next picture, stamped with session time; None after the last. A film is paced by its own times.

        A film that cannot be decoded in time goes on later rather than skipping.

        Raises:
            SourceError: the source was lost.
        """
        if self._pictures is None:
            self._pictures, self._start = self.source.frames(), self._clock.now()
        if self.source.live:
            return await self._arriving(self._pictures)
        frame = await self._worker.run(next, self._pictures, None)
        if frame is None:
            return None
        lag = self._clock.now() - (self._start + frame.time)
        if lag > BEHIND:
            self._start += lag
            self._notice(f"the film is {lag:.1f} s late: it cannot be decoded in time")
        frame = replace(frame, time=self._start + frame.time)
        await self._clock.sleep_until(frame.time)
        return frame

    async def _arriving(self, pictures: Iterator[Frame]) -> Frame | None:
        try:
            async with asyncio.timeout(self._stall):
                return await self._worker.run(_stamped, pictures, self._clock, self.latency)
        except TimeoutError:
            raise SourceError(f"no picture for {self._stall:g} s", where=self.name) from None

    @property
    def latency(self) -> float:
        """Seconds that a picture of the open source was under way, as far as that was measured."""
        return self._latency(self.source.name) if self.source.live else 0.0

    def close(self) -> None:
        """Let go of the source, without waiting for whoever reads it."""
        self.source.close()
        self._worker.close(wait=False)


def _stamped(pictures: Iterator[Frame], clock: Clock, latency: float) -> Frame | None:
    """The next frame, stamped on its arrival, before the event loop adds its delay."""
    frame = next(pictures, None)
    return None if frame is None else replace(frame, time=clock.now() - latency)
