"""The picture of a study: the mean of each system and its interval, question by question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.listening.questions import HIGHEST, HIGHEST_WORD, LOWEST, LOWEST_WORD, QUESTIONS

# Okabe & Ito 2008: told apart by all kinds of colour vision
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c8c8c")
_MARKS = "osD^vPX*"


def draw(report: dict[str, Any], path: Path) -> None:
    """Write means above and differences from the reference below, as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7.5), dpi=130, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    found = report["questions"]
    systems = report["systems"]
    _bars(above, systems, {name: each["means"] for name, each in found.items()})
    above.set(ylim=(LOWEST - 0.2, HIGHEST + 0.2), ylabel="mean rating")
    labels = {LOWEST: f"{LOWEST_WORD}  {LOWEST}", HIGHEST: f"{HIGHEST_WORD}  {HIGHEST}"}
    points = range(LOWEST, HIGHEST + 1)
    above.set_yticks(points, [labels.get(point, str(point)) for point in points])
    title = f"{report['participants']} listeners, {len(report['films'])} films; means and 95 % confidence intervals"
    above.set_title(title, loc="left")
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=len(systems), frameon=False)
    _bars(below, systems, {name: each["differences"] for name, each in found.items()})
    below.axhline(0, color="black", linewidth=0.8)
    (low, high), most = below.get_ylim(), HIGHEST - LOWEST
    below.set(ylim=(max(low, -most), min(high, most)), ylabel=f"difference from\n{report['reference']}, points")
    below.set_xticks(range(len(QUESTIONS)), [question.title for question in QUESTIONS])
    figure.savefig(path, format="png", metadata={"Software": None})


def _bars(axes: Any, systems: list[str], found: dict[str, dict[str, Any]]) -> None:
    step = 0.7 / len(systems)
    for place, system in enumerate(systems):
        own = [(number, each[system]) for number, each in enumerate(found.values()) if system in each]
        if not own:
            continue
        where = np.array([number for number, _ in own]) + (place - (len(systems) - 1) / 2) * step
        mean, low, high = (np.array([each[key] for _, each in own]) for key in ("mean", "low", "high"))
        style = {"color": _COLORS[place % len(_COLORS)], "fmt": _MARKS[place % len(_MARKS)]}
        axes.errorbar(where, mean, [mean - low, high - mean], capsize=4, linewidth=1.5, label=system, **style)
    axes.grid(axis="y", color="#e4e4e4")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
