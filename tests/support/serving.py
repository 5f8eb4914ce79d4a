"""A server with nothing behind it: a board that the test moves, and commands that are only written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stream_v2m.control.feed import Feed
from stream_v2m.control.preview import Preview
from stream_v2m.control.route import Route
from stream_v2m.control.server import Server
from stream_v2m.control.server_config import ServerConfig
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import Board, State
from stream_v2m.core.values import Frame, MidiEvent, NoteEvent
from stream_v2m.core.worker import ThreadWorker

STYLES = ("ambient", "arpeggio")


@dataclass
class Served:
    """What a test may look at and move."""

    server: Server
    board: Board
    feed: Feed
    clock: MonotonicClock
    commands: list[Command] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.server.scheme}://127.0.0.1:{self.server.port}"


@asynccontextmanager
async def serving(
    *,
    routes: Sequence[Route] = (),
    refuse: str | None = None,
    jpeg: Callable[[Frame], bytes] | None = None,
    tls: Any = None,
    **config: Any,
) -> AsyncIterator[Served]:
    """A server on a free port for as long as the context lasts.

    Args:
        refuse: why the performance refuses every command.
        config: of ``ServerConfig``.
    """
    board, feed, clock = Board(State(parts=("bass", "pad"))), Feed(), MonotonicClock()
    commands: list[Command] = []

    def command(given: Command) -> None:
        if refuse is not None:
            raise ConfigError(refuse)
        commands.append(given)
        board.update(controls=given.apply(board.controls))

    preview = jpeg and Preview(feed, jpeg, worker=ThreadWorker("preview"), clock=clock)
    server = Server(
        ServerConfig(**{"port": 0, **config}),
        board=board,
        command=command,
        clock=clock,
        feed=feed,
        tls=tls,
        preview=preview,
        routes=routes,
        styles=STYLES,
    )
    server.open()
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(server.run())
            try:
                yield Served(server, board, feed, clock, commands)
            finally:
                running.cancel()
    finally:
        server.close()


def note(onset: float = 1.0, pitch: int = 60) -> NoteEvent:
    return NoteEvent(onset, 0.5, pitch, 90, "bass")


def message(due: float = 1.0) -> MidiEvent:
    return MidiEvent(due, -1, b"\x90\x3c\x5a", due + 0.5)


def frame(time: float = 0.0, shade: int = 90) -> Frame:
    """A picture of one shade."""
    return Frame(
        time,
        np.full((3, 90, 160), shade, np.uint8),
        lambda width, height: np.full((height, width, 3), shade, np.uint8),
    )
