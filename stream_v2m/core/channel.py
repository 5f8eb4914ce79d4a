"""Channels between stages: what may be lost, what may wait, and the count of both."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from stream_v2m.core.values import Cue

T = TypeVar("T")


class Closed(Exception):
    """The channel was closed and nothing is left in it."""


@dataclass(slots=True)
class ChannelStats:
    """How many items were put, taken and dropped."""

    put: int = 0
    taken: int = 0
    dropped: int = 0


class Latest(Generic[T]):
    """One slot: a put never waits, the newest wins, what nobody took is counted as dropped.

    Puts and gets happen on the event loop; a thread puts by ``loop.call_soon_threadsafe``.
    """

    def __init__(self) -> None:
        self.stats = ChannelStats()
        self._item: T | None = None
        self._fresh = asyncio.Event()
        self._closed = False

    def put(self, item: T) -> None:
        """Replace whatever is in the slot."""
        if self._closed:
            return
        self.stats.put += 1
        self.stats.dropped += self._item is not None
        self._item = item
        self._fresh.set()

    async def get(self) -> T:
        """Take the newest item, waiting for one.

        Raises:
            Closed: the channel was closed and the slot is empty.
        """
        while (item := self.take()) is None:  # another reader may have been quicker
            if self._closed:
                raise Closed
            await self._fresh.wait()
        return item

    def take(self) -> T | None:
        """Take the newest item if there is one."""
        item, self._item = self._item, None
        self.stats.taken += item is not None
        if not self._closed:
            self._fresh.clear()
        return item

    def peek(self) -> T | None:
        """The newest item if there is one, left where it is."""
        return self._item

    def close(self) -> None:
        """Let the reader take what is left; then ``get`` raises ``Closed``."""
        self._closed = True
        self._fresh.set()

    @property
    def closed(self) -> bool:
        """Whether it was closed; an item may be left."""
        return self._closed

    async def __aiter__(self) -> AsyncIterator[T]:
        try:
            while True:
                yield await self.get()
        except Closed:
            return


class Lossless(Generic[T]):
    """First in, first out, one writer and one reader; a put waits while ``capacity`` items are unread."""

    def __init__(self, capacity: int) -> None:
        assert capacity > 0
        self.stats = ChannelStats()
        self._capacity = capacity
        self._items: deque[T] = deque()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    async def put(self, item: T) -> None:
        """Append, waiting for room; what is put after ``close`` is counted as dropped."""
        await self._room.wait()
        if self._closed:
            self.stats.dropped += 1
            return
        self.stats.put += 1
        self._items.append(item)
        if len(self._items) == self._capacity:
            self._room.clear()

    def drain(self) -> list[T]:
        """Take everything that is there now."""
        items = list(self._items)
        self._items.clear()
        self.stats.taken += len(items)
        self._room.set()
        return items

    def close(self) -> None:
        """Let the reader take what is left; no put waits any more."""
        self._closed = True
        self._room.set()

    @property
    def closed(self) -> bool:
        """Whether it was closed and nothing is left."""
        return self._closed and not self._items


class CueChannel:
    """Cues from frames to the performer: motion is the newest, no event is lost, no put waits.

    Cuts and flashes are few; should a reader be gone for so long that ``capacity`` events wait,
    the oldest is dropped and counted.
    """

    def __init__(self, capacity: int = 64) -> None:
        self.stats = ChannelStats()
        self._motion: Cue | None = None
        self._events: deque[Cue] = deque(maxlen=capacity)
        self._fresh = asyncio.Event()

    def put(self, cue: Cue) -> None:
        """Keep the event if there is one; else replace the motion."""
        self.stats.put += 1
        if cue.event is not None:
            self.stats.dropped += len(self._events) == self._events.maxlen
            self._events.append(cue)
        else:
            self.stats.dropped += self._motion is not None
            self._motion = cue
        self._fresh.set()

    def take(self) -> list[Cue]:
        """Everything that is there, in the order of time; empty if nothing is."""
        cues = [*self._events, *([self._motion] if self._motion else [])]
        cues.sort(key=lambda cue: cue.time)
        self._events.clear()
        self._motion = None
        self._fresh.clear()
        self.stats.taken += len(cues)
        return cues

    async def wait(self) -> None:
        """Return when there is something to take."""
        await self._fresh.wait()
