"""The picture of a film's moods: the path on the plane, the film strip, and each estimator on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes

from stream_v2m.cli import palette, panels
from stream_v2m.cli.affect import Watched, traced
from stream_v2m.cli.plot import Panel, draw_panels
from stream_v2m.core.values import Affect
from stream_v2m.vision.plane import CENTROIDS

PLANE = 2.3  # inches; each square of the path
GAP = 0.25


def draw(watched: Watched, path: Path) -> None:
    """Write it as a PNG.

    Raises:
        PortError: ``path`` cannot be written.
    """
    rows: list[Panel] = [
        ("path", PLANE, lambda axes: _paths(axes, watched)),
        ("film", 0.62, lambda axes: panels.film(axes, watched.trace)),
        ("motion", 0.6, lambda axes: panels.motion(axes, watched.trace)),
    ]
    for name in watched.moods:
        trace = traced(watched, name)
        rows.append((_short(name), 0.8, partial(panels.emotion, trace=trace)))
        rows.append(("", 0.65, partial(panels.mood, trace=trace)))
    draw_panels(watched.trace, path, rows)


def _short(name: str) -> str:
    """In two lines or more, for the margin."""
    return name.replace(",", "\n+ ").replace(":", ":\n")


def _paths(axes: Axes, watched: Watched) -> None:
    """One plane for each estimator, side by side."""
    axes.set_axis_off()
    box = axes.get_window_extent()
    side = box.height / box.width
    step = side * (1 + GAP / PLANE)
    for index, (name, moods) in enumerate(watched.moods.items()):
        if index * step + side > 1:
            break
        _plane(axes.inset_axes((index * step, 0, side, 1)), name, moods)


def _plane(axes: Axes, name: str, moods: Sequence[Affect]) -> None:
    axes.set_xlim(-1, 1)
    axes.set_ylim(-1, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.axhline(0, color=palette.GRID, linewidth=0.6)
    axes.axvline(0, color=palette.GRID, linewidth=0.6)
    for emotion, (valence, arousal) in CENTROIDS.items():
        axes.text(valence, arousal, emotion, color=palette.MUTED, size=5.5, ha="center", va="center")
    axes.plot(
        [mood.valence for mood in moods], [mood.arousal for mood in moods], color=palette.FAINT, linewidth=0.4, zorder=1
    )
    axes.scatter(
        [mood.valence for mood in moods],
        [mood.arousal for mood in moods],
        s=3,
        c=[palette.EMOTION_COLORS[mood.emotion] for mood in moods],
        zorder=2,
    )
    axes.set_title(name, size=7, pad=2, loc="left")
    axes.set_xlabel("valence", size=5.5, labelpad=1)
    axes.set_ylabel("arousal", size=5.5, labelpad=1)
