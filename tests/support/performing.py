"""A performance in real time, whose state a test waits for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from stream_v2m.config import Config
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.commands.performance import Quit
from stream_v2m.core.state import State
from stream_v2m.core.worker import ThreadWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.supply import Supply

PATIENCE = 40.0  # seconds that a busy machine is given
QUICK = ("source.stall_s=1.5", "source.retry_first_s=0.1", "source.retry_most_s=0.3")


class Performing:
    """What runs, and what was ever said in its state."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.statuses: list[str] = []

    @property
    def state(self) -> State:
        return self.session.board.state

    async def until(self, reached: Callable[[State], bool]) -> State:
        """Wait for a state."""
        watcher = self.session.board.watch()
        try:
            async with asyncio.timeout(PATIENCE):
                while not reached(self.state):
                    await watcher.get()
        finally:
            self.session.board.unwatch(watcher)
        return self.state

    async def more(self, frames: int = 10) -> State:
        """Wait until so many more pictures were seen."""
        goal = self.state.source.frames + frames
        return await self.until(lambda state: state.source.frames >= goal)

    async def steps(self, count: int = 1) -> State:
        """Wait until the music has gone on by so many steps."""
        goal = self.state.step + count
        return await self.until(lambda state: state.step >= goal)

    async def lost(self) -> State:
        """Wait until the source is lost, or waits for somebody again."""
        return await self.until(lambda state: state.source.status != "playing")


@asynccontextmanager
async def performing(sources: Sequence[str], settings: Sequence[str] = QUICK) -> AsyncIterator[Performing]:
    """Perform to nowhere while the body runs, then end at once; what ends the performance early is raised."""
    config = Config.load([], settings)
    supply = Supply.parse(sources, config.source)
    session = Session(config, supply, Outputs(), clock=MonotonicClock(), worker=ThreadWorker)
    async with asyncio.TaskGroup() as group:
        group.create_task(session.run())
        yield Performing(session)
        session.command(Quit(cadence=False))
