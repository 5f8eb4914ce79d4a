"""Reports as tables: for the terminal, as Markdown for the documentation, and one report beside an older one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from stream_v2m.cli.bench.figures import PATHS, STAGES, Row
from stream_v2m.cli.bench.report import Change

NONE = "–"
_PARTS = ("p50_ms", "p99_ms", "max_ms")
_USES = (("cpu_percent", "CPU, % of a core"), ("rss_mb", "resident, MB"), ("own_mb", "of its own, MB"))
_HEAD = ("p50", "p99", "max")


def head(report: dict[str, Any]) -> str:
    """What was measured, on what, in a line or two."""
    film, machine = report["film"], report["machine"]
    width, height = film["size"]
    busy = "" if machine["load"] is None else f", load {machine['load']:g} before"
    stolen = [f"{run['stolen_percent']:g}" for run in report["runs"] if run["stolen_percent"] is not None]
    taken = f", of which the host took {', '.join(stolen)} % for others" if stolen else ""
    return (
        f"{width} × {height}, {film['rate_hz']:g} pictures a second ({film['codec']}), "
        f"{machine['cores']} cores{taken}{busy}; "
        f"wire: {report['wire']}"
    )


def tables(run: dict[str, Any]) -> Iterator[Table]:
    """One run for the terminal: milliseconds, then what the processes took."""
    times = Table(title=_title(run), title_justify="left", box=None, pad_edge=False)
    for name in ("ms", *_HEAD, "count"):
        times.add_column(name, justify="left" if name == "ms" else "right")
    for rows, found in ((STAGES, run["stages"]), (PATHS, run["paths"])):
        for row in rows:
            times.add_row(row.name, *_cells(found[row.name]), _count(found[row.name]))
        times.add_section()
    yield times
    uses = Table(box=None, pad_edge=False)
    for name in ("process", "count", "CPU % of a core", "most of one", "MB", "most of one", "of its own"):
        uses.add_column(name, justify="left" if name == "process" else "right")
    for use in run["processes"]:
        keys = ("cpu_percent", "cpu_most_percent", "rss_mb", "rss_most_mb", "own_most_mb")
        figures = [use[key] for key in keys]
        uses.add_row(use["name"], str(use["count"]), *(f"{figure:.1f}" for figure in figures))
    yield uses


def counted(run: dict[str, Any]) -> Iterator[str]:
    """What became of pictures, events and messages, in sentences."""
    counts = run["counts"]
    cuts, flashes, accents = counts["cuts"], counts["flashes"], counts["accents"]
    recall = NONE if counts["recall"] is None else f"{100 * counts['recall']:.0f} %"
    yield f"pictures: {counts['seen']} of {counts['pictures']} measured; steps: {counts['steps']}"
    yield f"cuts: {cuts['found']} of {cuts['known']} found ({recall}), {counts['false_a_minute']:.2f} false a minute"
    yield f"flashes: {flashes['found']} of {flashes['known']} found"
    yield f"accents: {accents['found']} for {accents['known']} cuts and flashes, {accents['false']} for nothing"
    yield f"messages: {counts['heard']} of {counts['messages']} arrived"
    yield f"player in real time: {'yes' if run['realtime'] else 'no'}"
    stolen = run["stolen_percent"]
    yield f"taken by the host for others: {NONE if stolen is None else f'{stolen:.1f} % of all cores'}"


def markdown(report: dict[str, Any]) -> str:
    """The rows of docs/latency.md: milliseconds, a group of columns for each number of sessions."""
    runs = report["runs"]
    columns = [f"{part} × {run['sessions']}" for run in runs for part in _HEAD]
    lines = [head(report), "", *_rule(["ms", "from", "to", *columns])]
    for rows, kind in ((STAGES, "stages"), (PATHS, "paths")):
        for row in rows:
            lines.append(_line([*_words(row), *(cell for run in runs for cell in _cells(run[kind][row.name]))]))
    sessions = [f"{run['sessions']} session{'s' * (run['sessions'] > 1)}" for run in runs]
    lines += ["", *_rule(["", *sessions])]
    for name in ("performance", "player", "peer"):
        for key, unit in _USES:
            found = [{use["name"]: use for use in run["processes"]}.get(name) for run in runs]
            lines.append(_line([f"{name}: {unit}", *(f"{use[key]:.0f}" if use else NONE for use in found)]))
    told = [list(counted(run)) for run in runs]
    for same in zip(*told, strict=True):
        subject = same[0].partition(": ")[0]
        lines.append(_line([subject, *(said.partition(": ")[2] for said in same)]))
    return "\n".join(lines)


def compared(changes: Sequence[Change]) -> Table:
    """Old, new and their ratio."""
    table = Table(box=None, pad_edge=False)
    for name in ("figure", "sessions", "old", "new", "ratio"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for change in changes:
        ratio = NONE if change.ratio is None else f"{change.ratio:.2f}"
        table.add_row(change.name, str(change.sessions), f"{change.old:.2f}", f"{change.new:.2f}", ratio)
    return table


def _title(run: dict[str, Any]) -> str:
    sessions = run["sessions"]
    return f"{sessions} session{'s' * (sessions > 1)}, {run['seconds']:g} s"


def _cells(summary: dict[str, Any] | None) -> list[str]:
    return [NONE] * len(_PARTS) if summary is None else [f"{summary[part]:.2f}" for part in _PARTS]


def _count(summary: dict[str, Any] | None) -> str:
    return "0" if summary is None else str(summary["count"])


def _words(row: Row) -> tuple[str, str, str]:
    return row.name, row.begins, row.ends


def _rule(names: Sequence[str]) -> list[str]:
    return [_line(names), "| " + " | ".join("---" if place < 3 else "---:" for place, _ in enumerate(names)) + " |"]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
