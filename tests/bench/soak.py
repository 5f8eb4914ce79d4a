"""Whether a performance stays as it is: memory and lateness minute by minute.

``python -m tests.bench.soak [MINUTES] [--json FILE] [--plot FILE]``. The exit code is 0 if in the last minute memory
and 99th percentiles are within bounds of those of the second; the first is for settling.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from matplotlib.figure import Figure
from rich.console import Console

from stream_v2m.cli.bench.command import measure
from stream_v2m.cli.bench.record import Span
from stream_v2m.cli.bench.report import load_average, report_of
from stream_v2m.cli.bench.run import Run, Task
from stream_v2m.cli.bench.wire import open_wire

MINUTE = 60.0
WATCHED = ("cut → accent", "motion → CC", "frame → chord", "deadline → wire")
MORE_MB, MORE_SHARE = 5.0, 1.05  # memory may grow by the greater of the two
LATER_MS, LATER_SHARE = 5.0, 1.5  # and a 99th percentile


@dataclass(frozen=True)
class Minute:
    """One minute: resident memory at most by process, 99th percentiles by way, in milliseconds, what the host took."""

    number: int
    rss_mb: dict[str, float]
    p99_ms: dict[str, float]
    stolen_percent: float | None


def minutes_of(run: Run) -> list[Minute]:
    """Of a whole run."""
    found = []
    for number in range(1, int(run.task.seconds // MINUTE) + 1):
        begin = run.span.begin + (number - 1) * MINUTE
        figures = run.figures(Span(begin, begin + MINUTE))
        late = {name: way.p99_ms for name in WATCHED if (way := figures.paths[name]) is not None}
        found.append(Minute(number, {use.name: use.rss_mb for use in figures.processes}, late, figures.stolen_percent))
    return found


def faults(minutes: list[Minute]) -> list[str]:
    """What is not as it was in the second minute."""
    early, last = minutes[1], minutes[-1]
    found = []
    for kind, before, now, more, share, unit in (
        *((name, early.rss_mb[name], mb, MORE_MB, MORE_SHARE, "MB") for name, mb in last.rss_mb.items()),
        *((name, early.p99_ms[name], ms, LATER_MS, LATER_SHARE, "ms") for name, ms in last.p99_ms.items()
          if name in early.p99_ms),
    ):  # fmt: skip
        if now > max(before + more, before * share):
            found.append(f"{kind}: {before:.1f} {unit} in minute 2, {now:.1f} {unit} in minute {last.number}")
    return found


def draw(minutes: list[Minute], path: Path) -> None:
    """Memory above, lateness below."""
    figure = Figure(figsize=(9, 5), dpi=120, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    numbers = [minute.number for minute in minutes]
    for axes, label, values in (
        (above, "resident, MB", [minute.rss_mb for minute in minutes]),
        (below, "99th percentile, ms", [minute.p99_ms for minute in minutes]),
    ):
        for name in values[-1]:
            axes.plot(numbers, [each.get(name, float("nan")) for each in values], marker=".", label=name)
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, ncols=4, frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    below.set_xlabel("minute")
    figure.savefig(path)


def main(arguments: list[str]) -> int:
    """Measure, write, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("minutes", type=int, nargs="?", default=30)
    parser.add_argument("--json", type=Path, default=Path("soak.json"))
    parser.add_argument("--plot", type=Path, default=Path("soak.png"))
    given = parser.parse_args(arguments)
    if given.minutes < 3:
        parser.error("at least 3 minutes: the first settles, the second is compared with the last")
    load = load_average()
    with tempfile.TemporaryDirectory() as folder, open_wire() as wire:
        task = Task(given.minutes * MINUTE)
        reel, (run,) = measure([task], (1280, 720), 30.0, wire, Path(folder), Console(stderr=True))
    minutes = minutes_of(run)
    wrong = faults(minutes)
    report = report_of([run.figures()], reel, wire, load=load)
    report |= {"minutes": [asdict(minute) for minute in minutes], "faults": wrong}
    given.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(minutes, given.plot)
    for fault in wrong:
        print(fault)
    print(f"{given.json}, {given.plot}: {'not ' if wrong else ''}the same in minute {given.minutes} as in minute 2")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
