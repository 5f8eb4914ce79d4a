"""A run: performances, their players and a peer, each in a process of its own; started, watched, ended, read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from stream_v2m.cli.bench.figures import PATHS, STAGES, Counts, Figures, ProcessUse, Row, Seconds, Summary
from stream_v2m.cli.bench.matching import Score
from stream_v2m.cli.bench.peer import COLUMNS
from stream_v2m.cli.bench.record import ANSWERED_WITHIN, Record, Span
from stream_v2m.cli.bench.reel import QUIET, Reel
from stream_v2m.cli.bench.wire import Wire
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.core.values import Event

PERFORMANCE, PEER = "stream_v2m.cli.bench.performance", "stream_v2m.cli.bench.peer"
LOOK_EVERY = 1.0  # seconds between two looks at the processes
READY_WITHIN = 120.0  # seconds; many begin at once
ENDS_WITHIN = 20.0
REST = 0.3  # seconds after the end in which the last messages arrive
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be measured.

    Attributes:
        seconds: that count.
        files, settings: the configuration.
        program: the module that performs.
    """

    seconds: float
    sessions: int = 1
    files: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    program: str = PERFORMANCE


@dataclass(frozen=True, slots=True)
class Look:
    """All processes at one moment, by kind and number: CPU seconds so far and resident bytes.

    Attributes:
        stolen: seconds of all cores that the host took for others so far; None where the system does not tell.
        own: bytes that no other process shares; looked at once, at the end, since it takes the system a while.
    """

    at: float
    stolen: float | None
    used: dict[tuple[str, int], tuple[float, int]]
    own: dict[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run has left."""

    task: Task
    span: Span
    realtime: bool
    records: tuple[Record, ...]
    looks: tuple[Look, ...]

    def seconds(self, span: Span | None = None) -> dict[str, Seconds]:
        """Every stage and path of all performances, in seconds; of a part of the run if ``span`` is given."""
        span = span or self.span
        each = [{**record.stages(span), **record.paths(span)} for record in self.records]
        return {row.name: np.concatenate([one[row.name] for one in each]) for row in (*STAGES, *PATHS)}

    def figures(self, span: Span | None = None) -> Figures:
        """The same in figures, with what became of pictures and messages, and what the processes took."""
        span = span or self.span
        seconds = self.seconds(span)

        def summaries(rows: Sequence[Row]) -> dict[str, Summary | None]:
            return {row.name: Summary.of(seconds[row.name]) for row in rows}

        return Figures(
            self.task.sessions,
            round(span.end - span.begin, 3),
            self.realtime,
            self.stolen_percent(span),
            summaries(STAGES),
            summaries(PATHS),
            self._counts(span),
            tuple(self._uses(span)),
        )

    def _counts(self, span: Span) -> Counts:
        pictures, seen, steps = np.sum([record.seen(span) for record in self.records], axis=0).tolist()
        messages, heard = np.sum([record.carried(span) for record in self.records], axis=0).tolist()
        return Counts(
            minutes=round(len(self.records) * (span.end - ANSWERED_WITHIN - span.begin) / 60, 4),
            pictures=pictures,
            seen=seen,
            steps=steps,
            messages=messages,
            heard=heard,
            cuts=_sum([record.event_score(Event.CUT, span) for record in self.records]),
            flashes=_sum([record.event_score(Event.FLASH, span) for record in self.records]),
            accents=_sum([record.accent_score(span) for record in self.records]),
        )

    def _within(self, span: Span) -> list[Look]:
        return [look for look in self.looks if span.begin <= look.at <= span.end + LOOK_EVERY] or list(self.looks)

    def stolen_percent(self, span: Span) -> float | None:
        """What the host took for others of this machine's time, all cores; None where the system does not tell."""
        looks = self._within(span)
        first, last = looks[0], looks[-1]
        if first.stolen is None or last.stolen is None:
            return None
        elapsed = max(last.at - first.at, 1e-9) * (os.cpu_count() or 1)
        return round(100 * (last.stolen - first.stolen) / elapsed, 1)

    def _uses(self, span: Span) -> Iterator[ProcessUse]:
        looks = self._within(span)
        first, last = looks[0], looks[-1]
        elapsed = max(last.at - first.at, 1e-9)
        for kind in dict.fromkeys(kind for kind, _ in last.used):
            keys = [key for key in last.used if key[0] == kind and key in first.used]
            shares = [100 * (last.used[key][0] - first.used[key][0]) / elapsed for key in keys]
            memory = [max(look.used[key][1] for look in looks if key in look.used) / _MB for key in keys]
            own = [self.looks[-1].own.get(key, 0) / _MB for key in keys]
            values = [figure for each in (shares, memory, own) for figure in (sum(each), max(each))]
            yield ProcessUse(kind, len(keys), *(round(value, 1) for value in values))


def run(task: Task, reel: Reel, wire: Wire, folder: Path, progress: Callable[[float], None]) -> Run:
    """Perform for so long, and read what was kept; ``progress`` is told the share that is done.

    Raises:
        StreamV2MError: a process ended before it began; it has said why.
    """
    clock = MonotonicClock()
    with ExitStack() as stack:
        heard = folder / "heard.f64"
        listens = {"origin": clock.origin, "file": str(heard), "count": task.sessions, "api": wire.api}
        peer = stack.enter_context(_process(PEER, listens))
        ears = _answer(peer, PEER)
        folders = [folder / f"{number:03}" for number in range(task.sessions)]
        started = []
        for place, output in zip(folders, ears["outputs"], strict=True):
            place.mkdir()
            started.append(stack.enter_context(_process(task.program, _words(task, reel, clock, place, output, wire))))
        answers = [_answer(process, task.program) for process in started]
        begin = max([QUIET + answer["started"] for answer in answers] + [clock.now()])
        span = Span(begin, begin + task.seconds)
        kinds = {("peer", 0): ears["pid"]}
        for number, answer in enumerate(answers):
            kinds |= {("performance", number): answer["pid"], ("player", number): answer["player"]}
        looks = _watch({key: psutil.Process(pid) for key, pid in kinds.items() if pid}, span, clock, progress)
        for process in started:
            _end(process)
        _end(peer)
    rows = np.fromfile(heard, np.float64).reshape(-1, len(COLUMNS))
    records = tuple(
        Record.read(reel, answer["started"], place, rows[rows[:, 0] == number, 1:])
        for number, (place, answer) in enumerate(zip(folders, answers, strict=True))
    )
    return Run(task, span, all(answer["realtime"] for answer in answers), records, tuple(looks))


def _words(task: Task, reel: Reel, clock: MonotonicClock, folder: Path, output: str, wire: Wire) -> dict[str, Any]:
    api = [] if wire.api is None else [f'player.api="{wire.api}"']
    return {
        "origin": clock.origin,
        "folder": str(folder),
        "output": output,
        "reel": str(reel.path),
        "frames": reel.frames,
        "rate_hz": reel.rate_hz,
        "files": task.files,
        "settings": [*task.settings, *api],
    }


def _watch(
    processes: dict[tuple[str, int], psutil.Process],
    span: Span,
    clock: MonotonicClock,
    progress: Callable[[float], None],
) -> list[Look]:
    """Wait for the end of the span, looking at the processes meanwhile."""
    looks: list[Look] = []
    time.sleep(max(0.0, span.begin - clock.now()))
    while True:
        now = clock.now()
        over = now >= span.end
        used, own = {}, {}
        for key, process in processes.items():
            try:
                with process.oneshot():
                    cpu = process.cpu_times()
                    used[key] = (cpu.user + cpu.system, process.memory_info().rss)
                    if over:
                        own[key] = process.memory_full_info().uss
            except psutil.NoSuchProcess:  # a player that was started again
                continue
        looks.append(Look(now, getattr(psutil.cpu_times(), "steal", None), used, own))
        progress(min(1.0, (now - span.begin) / (span.end - span.begin)))
        if over:
            time.sleep(REST)
            return looks
        time.sleep(min(LOOK_EVERY, max(0.0, span.end - now)))


@contextmanager
def _process(module: str, task: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A module that is told its task; it has ended when the block has."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(task)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=os.name == "posix",  # Ctrl-C is for us, who then end it
    )
    try:
        yield process
    finally:
        _end(process)
        assert process.stdout is not None
        process.stdout.close()


def _answer(process: subprocess.Popen[str], module: str) -> dict[str, Any]:
    """Its only line."""
    assert process.stdout is not None
    late = threading.Timer(READY_WITHIN, process.kill)
    late.start()
    line = process.stdout.readline()
    late.cancel()
    if not line:
        raise StreamV2MError("ended before it began", where=module, cure="what it said above tells why")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    if not process.stdin.closed:
        process.stdin.close()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _sum(scores: Sequence[Score]) -> Score:
    return Score(*(sum(getattr(score, name) for score in scores) for name in ("known", "found", "false")))
