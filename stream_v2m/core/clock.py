"""Time: one clock a performance, real or virtual; only the clock is asked for the time."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Session seconds."""

    def now(self) -> float:
        """Seconds since the session began."""
        ...

    def wall(self, moment: float) -> float:
        """The Unix time of a session second: what other machines' clocks call it."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Return at ``moment``; at the next turn of the loop if it has passed."""
        ...


class MonotonicClock:
    """Real time. ``perf_counter`` ticks finely everywhere and is shared by all processes of a machine.

    Args:
        origin: the ``perf_counter`` reading at session second 0; another process that is handed
            it reads the same session seconds.
    """

    def __init__(self, origin: float | None = None) -> None:
        self.origin = time.perf_counter() if origin is None else origin

    def now(self) -> float:
        return time.perf_counter() - self.origin

    def wall(self, moment: float) -> float:
        return time.time() + moment - self.now()

    async def sleep_until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - self.now()))


class VirtualClock:
    """The time of a ``VirtualLoop``: it jumps to the next deadline when nothing else is left to do."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self, moment: float) -> float:
        return moment

    async def sleep_until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - self.now()))


class _JumpingSelector(selectors.DefaultSelector):
    """Advances time instead of waiting."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("every task waits for something that no timer will bring")
            self.elapsed += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: its time starts at 0 and jumps from timer to timer.

    Everything must run on the loop itself: threads are not seen, and would be overtaken.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end on a new virtual loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


async def wait_until(moment: float, event: Callable[[], Awaitable[None]], clock: Clock) -> bool:
    """Return when ``event()`` completes (True) or at ``moment`` (False), whichever is first."""
    try:
        async with asyncio.timeout(max(0.0, moment - clock.now())):
            await event()
    except TimeoutError:
        return False
    return True
