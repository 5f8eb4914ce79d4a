"""``stream-v2m bench``: measure, tell, draw, compare."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from stream_v2m.cli.bench.reel import QUIET, Reel, write_reel
from stream_v2m.cli.bench.report import changes, load_average, read_report, report_of, write_report
from stream_v2m.cli.bench.run import Run, Task, run
from stream_v2m.cli.bench.table import compared, counted, head, markdown, tables
from stream_v2m.cli.bench.wire import Wire, open_wire
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.files import check_writable

TAIL = 1.0  # seconds of film beyond what is measured
_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")


def bench(
    *,
    seconds: float,
    size: str,
    rate_hz: float,
    sessions: Sequence[int],
    json: Path | None,
    plot: Path | None,
    compare: Path | None,
    as_markdown: bool,
    files: Sequence[Path],
    settings: Sequence[str],
) -> None:
    """Measure each number of sessions, one after the other.

    Raises:
        ConfigError, PortError: what is asked for cannot be.
    """
    old = None if compare is None else read_report(compare)
    for path in (json, plot):
        if path is not None:
            check_writable(path)
    load, console = load_average(), Console(stderr=as_markdown)
    tasks = [Task(seconds, count, tuple(str(path.resolve()) for path in files), tuple(settings)) for count in sessions]
    with tempfile.TemporaryDirectory(prefix="stream-v2m-bench-") as folder, open_wire() as wire:
        reel, runs = measure(tasks, parse_size(size), rate_hz, wire, Path(folder), console)
    report = report_of([one.figures() for one in runs], reel, wire, load=load)
    if json is not None:
        write_report(report, json)
    if plot is not None:
        from stream_v2m.cli.bench.picture import draw

        draw(runs[0], plot, title=head(report))
    if as_markdown:
        print(markdown(report))  # noqa: T201
        return
    console.print(head(report), highlight=False)
    for told in report["runs"]:
        for table in tables(told):
            console.print(table, "")
        for sentence in counted(told):
            console.print(sentence, highlight=False)
    if old is not None:
        console.print(compared(changes(old, report)))


def measure(
    tasks: Sequence[Task], size: tuple[int, int], rate_hz: float, wire: Wire, folder: Path, console: Console
) -> tuple[Reel, list[Run]]:
    """Write the film, then run one task after the other."""
    with Progress(console=console, transient=True) as progress:
        writing = progress.add_task("writing the film", total=1.0)
        length = max(task.seconds for task in tasks) + QUIET + TAIL
        reel = write_reel(
            folder / "reel.mp4",
            length,
            size=size,
            rate_hz=rate_hz,
            progress=lambda share: progress.update(writing, completed=share),
        )
        runs = []
        for number, task in enumerate(tasks):
            measuring = progress.add_task(f"measuring {task.sessions}", total=1.0)
            place = folder / str(number)
            place.mkdir()
            runs.append(
                run(task, reel, wire, place, lambda share, bar=measuring: progress.update(bar, completed=share))  # type: ignore[misc]
            )
    return reel, runs


def parse_size(text: str) -> tuple[int, int]:
    """``WIDTHxHEIGHT``, both even as H.264 wants them.

    Raises:
        ConfigError: it is something else.
    """
    found = _SIZE.fullmatch(text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(64 <= length <= 7680 and length % 2 == 0 for length in size):
        raise ConfigError("no such size", where="--size", got=text, expected="WIDTHxHEIGHT, both even, as 1280x720")
    return size
