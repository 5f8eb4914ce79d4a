"""Messages from a thread to the event loop: in order, bounded, and never so many at once that others starve."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stream_v2m.core.inputs import Received

BATCH = 64  # messages before anybody else has a turn
PENDING = 1024  # messages that may wait for the loop
_SYSTEM = 0xF0


@dataclass(slots=True)
class Counts:
    """Of one input: messages handed on, messages of keys and controllers dropped, clock messages lost."""

    received: int = 0
    dropped: int = 0
    lost_pulses: int = 0


class Mailbox:
    """Calls ``receive`` on the loop. Of too many, the oldest of keys and controllers is dropped first, so that
    a knob ends where it was left and no clock pulse is lost; both are counted.

    Args:
        counts: one for each input.
    """

    def __init__(
        self, receive: Callable[[Received], None], loop: asyncio.AbstractEventLoop, counts: Sequence[Counts]
    ) -> None:
        self._receive, self._loop, self._counts = receive, loop, counts
        self._lock = threading.Lock()
        self._pending: deque[Received] = deque()
        self._called = False

    def put(self, batch: Sequence[Received]) -> None:
        """Post messages, from any thread."""
        with self._lock:
            self._pending.extend(batch)
            while len(self._pending) > PENDING:
                self._drop()
            call = not self._called
            self._called = True
        if call:
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            batch = [self._pending.popleft() for _ in range(min(BATCH, len(self._pending)))]
            self._called = bool(self._pending)
            if self._called:
                self._loop.call_soon(self._deliver)
        for received in batch:
            self._counts[received.input].received += 1
            self._receive(received)

    def _drop(self) -> None:
        for place, received in enumerate(self._pending):
            if received.message[0] < _SYSTEM:
                self._counts[received.input].dropped += 1
                del self._pending[place]
                return
        self._counts[self._pending.popleft().input].lost_pulses += 1
