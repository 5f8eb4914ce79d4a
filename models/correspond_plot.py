"""The picture of a correspondence report: agreement by strength, matching, effect sizes, asked against sounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

_INK, _SECOND, _PALE = "#1f3b57", "#c8553d", "#b8c4cf"


def draw(report: dict[str, Any], path: Path) -> None:
    """Write the four panels as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), dpi=130, layout="constrained")
    ((top_left, top_right), (left, right)) = figure.subplots(2, 2)
    _agreement(top_left, report["affect"])
    _matching(figure, top_right, report["matching"]["defaults"])
    _swap(left, report["swap"])
    _asked(right, report["asked_sounded"])
    figure.savefig(path, format="png", metadata={"Software": None})


def _agreement(axes: Any, affect: dict[str, dict[str, float]]) -> None:
    strengths = [float(name) for name in affect]
    axes.plot(strengths, [row["agreement"] for row in affect.values()], "o-", color=_INK, label="every step")
    changes = [row["agreement_at_changes"] for row in affect.values()]
    axes.plot(strengths, changes, "o--", color=_INK, alpha=0.6, label="where the chord changes")
    axes.set(xlabel="affect strength", ylabel="chords that the mood allows", ylim=(0, 1), title="Mood and harmony")
    cost = axes.twinx()
    added = [row["added_surprise"] for row in affect.values()]
    cost.plot(strengths, added, "s-", color=_SECOND)
    cost.set_ylabel("added surprise, nats a step", color=_SECOND)
    cost.set_ylim(min(0.0, min(added)) - 0.05, max(max(added) * 1.4, 0.5))
    axes.legend(loc="lower right", frameon=False)


def _matching(figure: Any, axes: Any, matching: dict[str, Any]) -> None:
    scores = np.array(matching["scores"])
    image = axes.imshow(scores, cmap="RdBu_r", vmin=-1, vmax=1)
    figure.colorbar(image, ax=axes, label="correlation")
    axes.plot(np.arange(len(scores)), np.arange(len(scores)), "k.", markersize=3)
    ticks = range(0, len(scores), 5)
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    found = f"{matching['right']} of {matching['clips']} matched, by chance 1"
    axes.set(xlabel="music", ylabel="motion of the clip", title=f"Motion and notes: {found}")


def _swap(axes: Any, swap: dict[str, dict[str, dict[str, float]]]) -> None:
    bars = [(name, rows["films"], color) for (name, rows), color in zip(swap.items(), (_INK, _SECOND), strict=True)]
    name, rows = next(iter(swap.items()))
    bars.append((f"{name}, one film, other seeds", rows["same film, other seeds"], _PALE))
    width = 0.8 / len(bars)
    for turn, (name, values, color) in enumerate(bars):
        places = np.arange(len(values)) + turn * width
        axes.bar(places, list(values.values()), width, label=name, color=color)
    names = list(bars[0][1])
    axes.set_xticks(np.arange(len(names)) + 0.4 - width / 2, names)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set(ylabel="Cohen's d", title="Same seeds, another film")
    axes.legend(frameon=False, fontsize=7)


def _asked(axes: Any, asked: dict[str, dict[str, float]]) -> None:
    width = 0.35
    for turn, (name, values) in enumerate(asked.items()):
        heights = [values["loudness"], values["density"]]
        axes.bar(np.arange(2) + turn * width, heights, width, label=name, color=(_SECOND, _INK)[turn])
    axes.set_xticks(np.arange(2) + width / 2, ["loudness → velocity", "density → onsets"])
    axes.set(ylabel="correlation over steps", ylim=(-0.1, 1.2), title="Asked against sounded")
    axes.axhline(0, color="black", linewidth=0.6)
    axes.legend(frameon=False, ncols=2, loc="upper center")
