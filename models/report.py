"""Figures as tables: text for the terminal, Markdown for the pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

# Each figure's heading and decimals.
FIGURES = {
    "hits_1": ("Hits@1", 3),
    "hits_3": ("Hits@3", 3),
    "hits_5": ("Hits@5", 3),
    "cross_entropy": ("cross-entropy", 3),
    "at_changes": ("at changes", 3),
    "loudness_rmse": ("loudness RMSE", 3),
    "density_rmse": ("density RMSE", 2),
    "loudness_correlation": ("loudness correlation", 3),
    "density_correlation": ("density correlation", 3),
}
PARTS = {"chords": "chords", "dynamics": "loudness and density"}


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table whose first ``left`` columns are words and the others numbers."""
    rule = ["---"] * left + ["---:"] * (len(headings) - left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows))


def shown(figures: dict[str, float], names: Iterable[str]) -> list[str]:
    """The named figures, with the decimals that each bears."""
    return [f"{figures[name]:.{FIGURES[name][1]}f}" for name in names]


def text(report: dict[str, Any]) -> str:
    """An evaluation's report as text, a row a model."""
    lines = [f"{report['split']}: {report['songs']} songs; {report['protocol']}"]
    for part in PARTS:
        rows = report[part]
        names = list(next(iter(rows.values())))
        lines.append(f"\n{part:38}" + "".join(f"{name:>22}" for name in names))
        lines += [f"{row:38}" + "".join(f"{values[name]:22.3f}" for name in names) for row, values in rows.items()]
    return "\n".join(lines)


def markdown(report: dict[str, Any]) -> str:
    """The same as Markdown tables, which the pages take over."""
    found = [f"{report['split']} split, {report['songs']} songs; {report['protocol']}."]
    for part, heading in PARTS.items():
        rows = report[part]
        names = list(next(iter(rows.values())))
        headings = [heading, *(FIGURES[name][0] for name in names)]
        found.append(markdown_table(headings, [[row, *shown(values, names)] for row, values in rows.items()]))
    return "\n\n".join(found)
