"""The picture of a run: one picture's trip from camera to peer, and how every figure is distributed."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stream_v2m.cli.bench.figures import PATHS, STAGES, Leg, Seconds, Summary
from stream_v2m.cli.bench.run import Run
from stream_v2m.cli.bench.trip import median_trip
from stream_v2m.cli.palette import GRID, INK, MUTED, PLAYED, SEEN, part_color
from stream_v2m.cli.plot import DPI, STYLE
from stream_v2m.core.files import replacing

COLUMNS, BINS = 5, 40
WIDTH, HEAD, TRIP, CELL, GAP = 12.0, 0.6, 2.5, 1.05, 0.62  # inches
LEFT, RIGHT = 1.3, 0.3


def draw(run: Run, path: Path, *, title: str) -> None:
    """Write it as a PNG.

    Raises:
        PortError: ``path`` cannot be written.
    """
    with mpl.rc_context(STYLE), replacing(path) as part:
        _figure(run, title).savefig(part, format="png", metadata={"Software": None})


def _figure(run: Run, title: str) -> Figure:
    rows = (*STAGES, *PATHS)
    lines = math.ceil(len(rows) / COLUMNS)
    height = HEAD + TRIP + lines * (CELL + GAP) + 0.2
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    heading = "one picture's trip: a cut, from the camera to its accent at a peer"
    figure.text(0.02, 1 - 0.16 / height, heading, weight="bold", size=10, va="top")
    figure.text(0.02, 1 - 0.40 / height, title, color=MUTED, size=7, va="top")
    axes = figure.add_axes(
        (LEFT / WIDTH, 1 - (HEAD + TRIP) / height, 1 - (LEFT + RIGHT) / WIDTH, (TRIP - 0.1) / height)
    )
    _trip(axes, median_trip(run.records, run.span))
    seconds = run.seconds()
    across = (WIDTH - 2 * RIGHT) / COLUMNS
    for place, row in enumerate(rows):
        line, column = divmod(place, COLUMNS)
        bottom = height - HEAD - TRIP - GAP - line * (CELL + GAP) - CELL
        box = ((RIGHT + column * across) / WIDTH, bottom / height, (across - 0.25) / WIDTH, (CELL - 0.12) / height)
        _histogram(figure.add_axes(box), row.name, seconds[row.name])
    return figure


def _trip(axes: Axes, trip: list[Leg]) -> None:
    _plain(axes)
    if not trip:
        axes.text(0.5, 0.5, "no cut was answered", transform=axes.transAxes, ha="center", color=MUTED)
        return
    end = 1000 * trip[-1].end
    for place, leg in enumerate(trip):
        begin, length = 1000 * leg.begin, 1000 * (leg.end - leg.begin)
        axes.barh(place, max(length, 0.0015 * end), left=begin, height=0.62, color=part_color(place))
        beside = begin + length > 0.8 * end
        axes.annotate(
            f"{length:.2f}",
            (begin if beside else begin + length, place),
            (-3 if beside else 3, 0),
            textcoords="offset points",
            va="center",
            ha="right" if beside else "left",
            size=6.5,
            color=INK,
        )
    axes.set_yticks(range(len(trip)), [leg.name for leg in trip])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.03 * end)
    axes.set_xlabel("ms after the camera has the picture", size=7, labelpad=1)
    axes.grid(axis="x", color=GRID, linewidth=0.6)


def _histogram(axes: Axes, name: str, seconds: Seconds) -> None:
    _plain(axes)
    axes.set_yticks([])
    summary = Summary.of(seconds)
    said = "nothing measured" if summary is None else f"p50 {summary.p50_ms:.2f}  p99 {summary.p99_ms:.2f} ms"
    axes.set_title(name, loc="left", size=7.5, weight="bold", pad=12)
    axes.text(0, 1.03, said, transform=axes.transAxes, size=6.5, color=MUTED)
    if summary is None:
        axes.set_xticks([])
        return
    axes.locator_params(axis="x", nbins=5)
    milliseconds = 1000 * seconds
    axes.hist(milliseconds, bins=BINS, color=PLAYED)
    for value, color in ((summary.p50_ms, SEEN), (summary.p99_ms, INK)):
        axes.axvline(value, color=color, linewidth=0.9)
    low, high = float(np.min(milliseconds)), float(np.max(milliseconds))
    axes.set_xlim(min(0.0, low), high if high > min(0.0, low) else 1.0)


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=2, width=0.6, pad=2, labelsize=6.5)
