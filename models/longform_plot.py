"""The picture of a long form report: how the figures of every five minutes run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_INK, _SECOND, _PALE = "#1f3b57", "#c8553d", "#8a9ba8"
_PANELS = (
    ("Variety", {"h4": "H4, bits", "cpi": "CPI"}, 3.6),
    ("Repetition", {"si_short": "SI short", "si_mid": "SI mid", "si_long": "SI long"}, 1.0),
    ("Phrases that return", {"returns_4": "of 4 steps", "returns_8": "of 8 steps"}, 1.0),
    ("Chords in key", {"in_key": "in key", "changes": "steps that change"}, 1.05),
)


def draw(report: dict[str, Any], path: Path) -> None:
    """Write the panels as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), dpi=110, layout="constrained")
    panels = figure.subplots(3, 2, sharex=True)
    minutes = [part["minute"] for part in report["parts"]]
    for axes, (title, lines, top) in zip(panels.flat, _PANELS, strict=False):
        for (name, label), color in zip(lines.items(), (_INK, _SECOND, _PALE), strict=False):
            axes.plot(minutes, [part[name] for part in report["parts"]], "o-", markersize=3, color=color, label=label)
        axes.set(title=title, ylim=(0, top))
        axes.legend(frameon=False, fontsize=7, ncols=3)
    trigrams, keys = panels[2]
    trigrams.plot(minutes, [part["trigrams"] for part in report["parts"]], "o-", markersize=3, color=_INK)
    trigrams.set(title="Distinct trigrams so far", xlabel="minute", ylim=(0, None))
    _keys(keys, report)
    figure.savefig(path, format="png", metadata={"Software": None})


def _keys(axes: Any, report: dict[str, Any]) -> None:
    course = report["keys"]
    names = list(dict.fromkeys(name for _, name in course))
    ends = [*(minute for minute, _ in course[1:]), report["steps"] / 60]
    for (begin, name), end in zip(course, ends, strict=True):
        axes.plot([begin, end], [names.index(name)] * 2, color=_SECOND, linewidth=4, solid_capstyle="butt")
    axes.set_yticks(range(len(names)), names)
    axes.set(title="Key", xlabel="minute", ylim=(-0.8, len(names) - 0.2))
