"""One measured performance, in a process of its own: ``python -m stream_v2m.cli.bench.performance TASK``.

TASK is JSON. It says one line when its first picture was seen, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stream_v2m.cli.bench.live_reel import LiveReel
from stream_v2m.cli.bench.watcher import (
    SUFFIX,
    WatchedComposer,
    WatchedDecoder,
    WatchedDynamics,
    WatchedObserver,
    WatchedOutputs,
    Watcher,
)
from stream_v2m.cli.run import settle_garbage
from stream_v2m.config import Config, alone, find_style
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.commands.performance import Quit
from stream_v2m.core.worker import ThreadWorker
from stream_v2m.inference.sampling import Sampler
from stream_v2m.midi.controllers import ControllerMapping, ControllersConfig
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player
from stream_v2m.session import Session
from stream_v2m.stages.estimate import Estimation

# Motion on a channel where no part plays, as often as it changes.
MOTION = ControllerMapping(signal="motion", controller=20, channel=16)
CONTROLLERS = ControllersConfig(rate_hz=200.0, map=(MOTION,))
PLAYER = "player"


def main() -> None:
    """Perform until told to end."""
    asyncio.run(perform(json.loads(sys.argv[1])))


async def perform(task: dict[str, Any]) -> None:
    """Perform as the task says; see ``run.Performance`` for its fields."""
    config = measured_config(task)
    clock, folder = MonotonicClock(task["origin"]), Path(task["folder"])
    watcher = Watcher(folder, clock, accent_parts(config))
    source = open_reel(task, config, watcher)
    player = Player(
        [Output.parse(task["output"])], config.player, origin=clock.origin, stamps=folder / f"{PLAYER}{SUFFIX}"
    )
    models = config.models
    estimation = Estimation.of_models(config.affect, models.provider, strict=models.strict_provider)
    session = Session(
        config,
        source,
        WatchedOutputs(player, watcher),
        clock=clock,
        worker=ThreadWorker,
        witnesses=[watcher],
        eye=WatchedObserver(config.vision, watcher, mood=estimation.mood),
        estimation=estimation,
        composer=open_composer(config, watcher),
    )

    async def announce() -> None:
        watching = session.board.watch()
        while not session.board.state.source.frames:
            await watching.get()
        session.board.unwatch(watching)
        when_told(lambda: session.command(Quit(cadence=False)))
        say(started=source.started, player=player.pid, realtime=session.board.state.player.realtime)

    settle_garbage()
    await session.run(announce)
    watcher.close()


def measured_config(task: dict[str, Any]) -> Config:
    """The user's, without anything that comes in, and with motion on a controller."""
    config = alone(Config.load([Path(path) for path in task["files"]], task["settings"]))
    return config.model_copy(update={"controllers": CONTROLLERS})


def accent_parts(config: Config) -> frozenset[str]:
    """Which parts of the style answer cuts and flashes, and nothing else."""
    return frozenset(part.name for part in find_style(config.controls.style).parts if part.role == "accent")


def open_reel(task: dict[str, Any], config: Config, watcher: Watcher) -> LiveReel:
    """The source that the task names, decoded as the configuration says."""
    stamps = watcher.stamps
    return LiveReel(
        Path(task["reel"]),
        task["frames"],
        task["rate_hz"],
        threads=config.source.decode_threads,
        clock=watcher.clock,
        packets=stamps["packets"],
        pictures=stamps["pictures"],
    )


def open_composer(config: Config, watcher: Watcher) -> WatchedComposer:
    """The models that the configuration names, watched."""
    models = config.models
    decoder = WatchedDecoder.open(models.amt, provider=models.provider, threads=models.threads)
    dynamics = WatchedDynamics.open(models.dynamics, provider=models.provider, threads=models.threads)
    assert isinstance(decoder, WatchedDecoder) and isinstance(dynamics, WatchedDynamics)
    composer = WatchedComposer(decoder, dynamics, Sampler(config.sampler))
    composer.watcher = decoder.watcher = dynamics.watcher = watcher
    return composer


def when_told(end: Callable[[], None]) -> None:
    """Call ``end`` on this event loop when standard input is closed: nobody measures any more."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(end)

    threading.Thread(target=wait, name="told", daemon=True).start()


def say(**words: object) -> None:
    """Tell whoever started this process."""
    print(json.dumps({"pid": os.getpid(), **words}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
