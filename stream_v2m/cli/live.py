"""The live view in a terminal, and the same as JSON lines for services: both only look at the state."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any, TextIO

from rich.console import Console
from rich.live import Live

from stream_v2m.cli.view import view
from stream_v2m.control.logs import added
from stream_v2m.core.clock import Clock
from stream_v2m.core.state import Board, State
from stream_v2m.core.values import Event

PERIOD = 0.125  # seconds between two pictures of the state: calm, and cheap
GLOW = 0.4  # seconds that a cut or a flash stays lit

__all__ = ["log_json", "show", "view"]


class Glow:
    """Which kinds of event happened a moment ago, told from their counts in the state."""

    def __init__(self) -> None:
        self._counts: dict[Event, int] = {}
        self._until: dict[Event, float] = {}

    def lit(self, state: State, now: float) -> frozenset[Event]:
        """The kinds whose count has risen within the last ``GLOW`` seconds."""
        for event, count in ((Event.CUT, state.cuts), (Event.FLASH, state.flashes)):
            if count > self._counts.get(event, 0):
                self._until[event] = now + GLOW
            self._counts[event] = count
        return frozenset(event for event, until in self._until.items() if now < until)


async def show(board: Board, clock: Clock, console: Console) -> None:
    """Draw the state until the performance has stopped; what was drawn last stays on the screen.

    Where ``console`` is no terminal only the last picture is printed.
    """
    watcher, glow = board.watch(), Glow()
    try:
        with Live(view(board.state), console=console, auto_refresh=False) as live:
            try:
                async for state in watcher:
                    live.update(view(state, lit=glow.lit(state, clock.now())), refresh=True)
                    if state.phase == "stopped":
                        return
                    await clock.sleep_until(clock.now() + PERIOD)
            finally:
                live.update(view(board.state))
    finally:
        board.unwatch(watcher)
        if not console.is_terminal:
            console.line()  # there rich leaves the last line open


async def log_json(board: Board, out: TextIO | None = None) -> None:
    """Write one line of JSON for every step, notice, and change of phase or of the source, until it has stopped."""
    out = out or sys.stdout
    watcher = board.watch()
    before = board.state
    try:
        _write(out, before, before.notices)
        async for state in watcher:
            news = added(before.notices, state.notices)
            if news or _stage(state) != _stage(before):
                _write(out, state, news)
            before = state
            if state.phase == "stopped":
                return
    finally:
        board.unwatch(watcher)


def _stage(state: State) -> tuple[object, ...]:
    """What a line is written for; the countdown in a status is no change."""
    return state.phase, state.step, state.source.name, state.source.status.partition(";")[0]


def _write(out: TextIO, state: State, news: tuple[str, ...]) -> None:
    out.write(json.dumps(_record(state, news), ensure_ascii=False) + "\n")
    out.flush()


def _record(state: State, news: tuple[str, ...]) -> dict[str, Any]:
    affect, dynamics, player = state.affect, state.dynamics, state.player
    return {
        "time": round(state.time, 3),
        "phase": state.phase,
        "step": state.step,
        "chord": state.chord and str(state.chord),
        "next_chord": state.next_chord and str(state.next_chord),
        "key": state.key and str(state.key),
        "bpm": round(state.bpm, 2),
        "emotion": affect and affect.emotion,
        "valence": affect and round(affect.valence, 3),
        "arousal": affect and round(affect.arousal, 3),
        "estimator": state.estimator,
        "estimators": [asdict(estimator) for estimator in state.estimators],
        "loudness": dynamics and round(dynamics.loudness, 4),
        "note_density": dynamics and round(dynamics.note_density, 2),
        "source": state.source.name,
        "source_status": state.source.status,
        "retries": state.source.retries,
        "frames": state.source.frames,
        "frames_dropped": state.source.dropped,
        "cuts": state.cuts,
        "flashes": state.flashes,
        "step_ms": round(state.step_ms, 2),
        "blind_steps": state.blind_steps,
        "sent": player.sent,
        "late": player.late,
        "lateness_p99_ms": round(player.lateness_p99_ms, 2),
        "realtime": player.realtime,
        "notices": list(news),
    }
