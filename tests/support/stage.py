"""A served performance for tests that cannot wait: the server of ``serving``, on a thread with its own event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.values import NoteEvent, Track
from tests.support.serving import Served, serving

PATIENCE = 10.0  # seconds


class Stage:
    """May be closed and opened again on the same port, as a program that is started again.

    Attributes:
        port: it stays the same.
    """

    def __init__(self) -> None:
        self.port = 0
        self._open: tuple[asyncio.AbstractEventLoop, asyncio.Event, threading.Thread, Served] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock(self) -> MonotonicClock:
        return self._served.clock

    def open(self, *tracks: Track, token: str | None = None, **state: Any) -> None:
        """Serve a performance of ``tracks`` that is in ``state``."""
        opened: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, Served]] = Future()

        async def serve() -> None:
            closing = asyncio.Event()
            async with serving(port=self.port, token=token) as served:
                served.board.update(**state)
                served.feed.arranged(tracks)
                opened.set_result((asyncio.get_running_loop(), closing, served))
                await closing.wait()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), name="stage")
        thread.start()
        loop, closing, served = opened.result(PATIENCE)
        self.port, self._open = served.server.port, (loop, closing, thread, served)

    def close(self) -> None:
        """End the server, and with it every connection."""
        if self._open is not None:
            loop, closing, thread, _ = self._open
            loop.call_soon_threadsafe(closing.set)
            thread.join(PATIENCE)
            assert not thread.is_alive()
            self._open = None

    def update(self, **changes: Any) -> None:
        """Change fields of the state."""
        self._do(lambda served: served.board.update(**changes))

    def play(self, *notes: NoteEvent) -> None:
        """These notes were written."""
        self._do(lambda served: served.feed.played(notes))

    @property
    def _served(self) -> Served:
        assert self._open is not None
        return self._open[3]

    def _do(self, act: Callable[[Served], None]) -> None:
        assert self._open is not None
        loop, _, _, served = self._open
        done = threading.Event()
        loop.call_soon_threadsafe(lambda: (act(served), done.set()))
        assert done.wait(PATIENCE)


@contextmanager
def stage(*tracks: Track, token: str | None = None, **state: Any) -> Iterator[Stage]:
    """A served performance that ends with the block."""
    stage = Stage()
    stage.open(*tracks, token=token, **state)
    try:
        yield stage
    finally:
        stage.close()
