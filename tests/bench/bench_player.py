"""Lateness of a 5 ms grid while every core is busy: the player with and without real time, and plain asyncio.

``python -m tests.bench.bench_player [SECONDS]`` writes JSON: milliseconds after the due time. All three
run at once, against the same load; the player's notes go to a virtual port under JACK.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.values import MidiEvent
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig
from tests.support.jack import jack_server

GRID = 0.005  # seconds
ACTIVE_SENSING = b"\xfe"  # says nothing, and is sent however late it is
_BUSY = "while True: sum(range(10000))"


class Measured:
    """One player whose process keeps every lateness."""

    def __init__(self, name: str, folder: Path, clock: MonotonicClock, *, realtime: bool) -> None:
        self._file = folder / name
        config = PlayerConfig(api="jack", realtime=realtime)
        self._player = Player([Output(f"virtual:{name}")], config, origin=clock.origin, stamps=self._file)
        begun = time.perf_counter()
        self._player.start()
        self.start_ms = 1000 * (time.perf_counter() - begun)
        self.memory = _memory(self._player.pid)
        self.realtime = self._player.poll().realtime

    def feed(self, events: Sequence[MidiEvent]) -> None:
        self._player.send(events)
        self._player.heartbeat()
        self._player.poll()

    def result(self) -> dict[str, Any]:
        self._player.close()
        due, returned = np.fromfile(self._file).reshape(-1, 3).T[:2]
        lateness = (returned - due).tolist()
        return {
            **_figures(lateness),
            "realtime": self.realtime,
            "start_ms": round(self.start_ms, 1),
            "memory_mb": self.memory,
        }


async def plain_asyncio(clock: MonotonicClock, end: float) -> list[float]:
    """What a coroutine that sleeps to each point of the grid achieves."""
    due, lateness = clock.now(), []
    while (due := due + GRID) < end:
        await clock.sleep_until(due)
        lateness.append(clock.now() - due)
    return lateness


async def feed(players: Sequence[Measured], clock: MonotonicClock, end: float) -> None:
    """Hand out the grid a lookahead ahead, a slice every 10 ms."""
    due = clock.now() + 0.1
    while due < end:
        events = []
        while due < clock.now() + 0.1:
            events.append(MidiEvent(due, 0, ACTIVE_SENSING))
            due += GRID
        for player in players:
            player.feed(events)
        await asyncio.sleep(0.01)


async def measure(players: Sequence[Measured], clock: MonotonicClock, seconds: float) -> list[float]:
    end = clock.now() + seconds
    lateness, _ = await asyncio.gather(plain_asyncio(clock, end), feed(players, clock, end))
    return lateness


def main(seconds: float = 20.0) -> None:
    busy: list[subprocess.Popen[bytes]] = []
    try:
        with tempfile.TemporaryDirectory() as folder, jack_server():
            clock = MonotonicClock()
            players = {
                name: Measured(name, Path(folder), clock, realtime=name == "realtime")
                for name in ("realtime", "ordinary")
            }
            busy += [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(os.cpu_count() or 1)]
            plain = asyncio.run(measure(list(players.values()), clock, seconds))
            results = {name: player.result() for name, player in players.items()}
    finally:
        for process in busy:
            process.kill()
            process.wait()
    print(json.dumps({"grid_ms": 1000 * GRID, "seconds": seconds, **results, "asyncio": _figures(plain)}, indent=2))


def _figures(lateness: Sequence[float]) -> dict[str, Any]:
    cuts = statistics.quantiles(lateness, n=100)
    figures = {"p50_ms": statistics.median(lateness), "p99_ms": cuts[98], "max_ms": max(lateness)}
    return {**{name: round(1000 * value, 3) for name, value in figures.items()}, "count": len(lateness)}


def _memory(pid: int | None) -> dict[str, float]:
    """Resident megabytes by kind; shared ones are JACK's own segment."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kinds = (line.split() for line in lines if line.startswith("Rss"))
    return {kind.rstrip(":"): round(int(size) / 1024, 1) for kind, size, _ in kinds}


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
