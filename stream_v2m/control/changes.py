"""What changed, for the outside: topics with a new value, each at most so often; the newest wins."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from stream_v2m.core.channel import Latest
from stream_v2m.core.clock import Clock, wait_until
from stream_v2m.core.state import Board, State

Say = Callable[[State], Mapping[str, Any]]


class Changes:
    """The changes of the board for one listener; everything is a change to a new one.

    Args:
        say: the state as topics and their values.
        intervals: the shortest time in seconds between two values of a topic.
        usual: the same for topics that ``intervals`` does not name; half of it passes between two looks, which cost
            something.
    """

    def __init__(
        self, board: Board, clock: Clock, say: Say, *, intervals: Mapping[str, float] | None = None, usual: float
    ) -> None:
        self._board, self._clock, self._say = board, clock, say
        self._intervals, self._usual = intervals or {}, usual
        self._told: dict[str, Any] = {}
        self._free: dict[str, float] = {}  # from when on a topic may be told again
        self._looked = -math.inf
        self._watcher: Latest[State] = board.watch()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._board.unwatch(self._watcher)

    async def next(self) -> dict[str, Any]:
        """Wait for something new that may be told, and take it as told."""
        while True:
            await self._clock.sleep_until(self._looked + self._usual / 2)
            self._looked = now = self._clock.now()
            self._watcher.take()
            said = self._say(self._board.state)
            fresh = {topic for topic, value in said.items() if topic not in self._told or self._told[topic] != value}
            due = {topic: said[topic] for topic in said if topic in fresh and self._free.get(topic, now) <= now}
            if due:
                self._told |= due
                self._free |= {topic: now + self._intervals.get(topic, self._usual) for topic in due}
                return due
            await wait_until(min((self._free[topic] for topic in fresh), default=math.inf), self._changed, self._clock)

    def forget(self) -> None:
        """Let everything be a change again, to be told at once: the listener is another."""
        self._told.clear()
        self._free.clear()
        self._watcher.put(self._board.state)

    async def _changed(self) -> None:
        await self._watcher.get()
