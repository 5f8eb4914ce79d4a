"""The picture of a performance: what was seen, felt, decided and played, on one time axis."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stream_v2m.cli import panels
from stream_v2m.cli.palette import GRID, INK, MUTED
from stream_v2m.core.files import check_writable, replacing
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Event

DPI = 150
FAST = 3  # zlib level: a sixth larger than by default, in less than half the time
WIDTH, LEFT, RIGHT = 12.0, 1.15, 1.45  # inches
HEAD, FOOT, GAP = 0.72, 0.42, 0.13
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)  # seconds between labels
MOST_TICKS = 13
MOST_CUT_LINES = 60  # more of them across all panels would hide what is there
TITLE_LENGTH = 90

STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 7.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": "#cccccc",
    "axes.linewidth": 0.6,
    "axes.labelcolor": MUTED,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 7,
}

Panel = tuple[str, float, Callable[[Axes], None]]  # name, height in inches, what draws it
_WITHOUT_CUTS = ("path", "film", "chords", "motion")  # panels over which no line is drawn where a cut is


def draw(trace: Trace, path: Path, *, parts: Sequence[str]) -> None:
    """Write the picture as a PNG 1800 pixels wide; the same trace gives the same bytes.

    Args:
        parts: the arrangement's parts, in the order of their colours.

    Raises:
        PortError: ``path`` cannot be written.
    """
    check_writable(path)
    names = [*parts, *sorted({note.part for note in trace.notes} - {*parts})]
    rows: list[Panel] = [
        ("film", 0.62, lambda axes: panels.film(axes, trace)),
        ("motion", 0.75, lambda axes: panels.motion(axes, trace)),
        ("emotion", 0.90, lambda axes: panels.emotion(axes, trace)),
        ("mood", 0.75, lambda axes: panels.mood(axes, trace)),
        ("chords", 0.55, lambda axes: panels.chords(axes, trace)),
        ("notes", 2.60, lambda axes: panels.notes(axes, trace, names)),
        ("density", 0.75, lambda axes: panels.density(axes, trace)),
        ("loudness", 0.75, lambda axes: panels.loudness(axes, trace)),
    ]
    draw_panels(trace, path, rows)


def draw_panels(trace: Trace, path: Path, rows: Sequence[Panel]) -> None:
    """Write these panels, one above the other on the time axis of ``trace``, as a PNG."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a title in any script
        figure = _figure(trace, rows)
        with replacing(path) as part:
            figure.savefig(part, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": FAST})


def _figure(trace: Trace, rows: Sequence[Panel]) -> Figure:
    height = HEAD + sum(tall for _, tall, _ in rows) + GAP * (len(rows) - 1) + FOOT
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    _title(figure, trace, height)
    cuts = [cue.time if cue.origin is None else cue.origin for cue in trace.events if cue.event is Event.CUT]
    top = height - HEAD
    for name, tall, fill in rows:
        place = (LEFT / WIDTH, (top - tall) / height, (WIDTH - LEFT - RIGHT) / WIDTH, tall / height)
        axes = figure.add_axes(place)
        figure.text(0.02, (top - 0.02) / height, name, weight="bold", va="top", size=8)
        axes.set_xlim(0, _duration(trace))
        _time_axis(axes, _duration(trace), labels=(name, tall, fill) == rows[-1])
        fill(axes)
        if name not in _WITHOUT_CUTS and len(cuts) <= MOST_CUT_LINES:
            axes.vlines(cuts, *axes.get_ylim(), color=INK, alpha=0.22, linewidth=0.5)
        top -= tall + GAP
    return figure


def _duration(trace: Trace) -> float:
    return max(trace.duration, 1.0)


def _title(figure: Figure, trace: Trace, height: float) -> None:
    title = trace.title.encode("utf-8", "replace").decode("utf-8")  # a file name may contain undecodable bytes
    title = title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"
    figure.text(0.02, (height - 0.18) / height, title, weight="bold", size=11.5, va="top")
    cuts = sum(cue.event is Event.CUT for cue in trace.events)
    flashes = sum(cue.event is Event.FLASH for cue in trace.events)
    counts = ((cuts, "cut"), (flashes, "flash"), (len(trace.plans), "step"), (len(trace.notes), "note"))
    facts = [_clock(trace.duration), *(_counted(count, word) for count, word in counts if count)]
    figure.text(0.02, (height - 0.42) / height, "  ·  ".join(facts), color=MUTED, size=8, va="top")


def _counted(count: int, word: str) -> str:
    plural = word + ("es" if word.endswith("sh") else "s")
    return f"{count:,} {word if count == 1 else plural}".replace(",", "\u202f")


def _time_axis(axes: Axes, duration: float, *, labels: bool) -> None:
    step = next((step for step in TICKS if duration / step < MOST_TICKS), TICKS[-1])
    ticks = [float(second) for second in range(0, int(duration) + 1, step)]
    axes.set_xticks(ticks, [_clock(tick) for tick in ticks] if labels else [])
    axes.tick_params(axis="x", length=3 if labels else 0, width=0.6)
    axes.tick_params(axis="y", length=2, width=0.6, pad=2)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _clock(second: float) -> str:
    minutes, seconds = divmod(round(second), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
