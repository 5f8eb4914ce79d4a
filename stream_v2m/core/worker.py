"""Where synchronous work runs: a thread of its own in real time, in place on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Worker(Protocol):
    """Runs functions one after the other."""

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call ``function`` and return what it returns or raise what it raises."""
        ...

    def close(self, *, wait: bool = True) -> None:
        """Let what runs end, and wait for that or not; start nothing more."""
        ...


class InlineWorker:
    """Calls in place: deterministic, and virtual time stands still meanwhile."""

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    def close(self, *, wait: bool = True) -> None:
        pass


class ThreadWorker:
    """Calls in one thread of its own, so that the event loop goes on."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))

    def close(self, *, wait: bool = True) -> None:
        self._pool.shutdown(wait=wait, cancel_futures=True)
