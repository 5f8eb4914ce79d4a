"""A process that keeps a performance in real time, says how far it is, and waits to be killed."""

from __future__ import annotations

import asyncio
import sys

from stream_v2m.cli.take_files import keeping
from stream_v2m.config import Config
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.worker import ThreadWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film


async def main(folder: str) -> None:
    config, clock = Config.load((), [f"takes.folder={folder!r}"]), MonotonicClock()
    with keeping(config, "film:", "gig", notice=print) as take:
        film = Film(config.source, seconds=120)
        session = Session(config, film, Outputs(), clock=clock, worker=ThreadWorker, witnesses=[take])

        async def tell() -> None:
            while True:
                print(clock.now(), flush=True)
                await clock.sleep_until(clock.now() + 0.05)

        await session.run(tell())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
