"""The panels of a performance's picture: each draws one side of it into axes whose x are seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Wedge
from numpy.typing import NDArray

from stream_v2m.cli import palette
from stream_v2m.core.chords import ROOTS, Chord
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Dynamics, Event, StepPlan

Floats = NDArray[np.float64]

MOST_POINTS = 1400  # as many as there are pixels: more cannot be seen
GAP_PX = 3  # between two pictures of the film
NAME_SIZE = 7.0  # points, of a chord's name
NAME_EM = 0.66  # width of a letter by its size, DejaVu Sans


def film(axes: Axes, trace: Trace) -> None:
    """Pictures side by side, each from the middle of the time that it covers."""
    _bare(axes)
    if not trace.thumbnails:
        _nothing(axes, "no pictures")
        return
    width, height = _size_px(axes)
    tall, wide = trace.thumbnails[0][1].shape[:2]
    tiles = max(1, round(width / (height * wide / tall)))
    times = np.array([time for time, _ in trace.thumbnails])
    span, end = axes.get_xlim()[1] / tiles, float(times[-1]) + 1.5
    for tile in range(tiles):
        middle = (tile + 0.5) * span
        if middle > end:
            break
        picture = trace.thumbnails[int(np.abs(times - middle).argmin())][1]
        left, right = tile * span, (tile + 1) * span - GAP_PX / width * tiles * span
        axes.imshow(picture, extent=(left, right, 0, 1), aspect="auto", interpolation="antialiased")
    axes.set_xlim(0, tiles * span)
    axes.set_ylim(0, 1)


def motion(axes: Axes, trace: Trace) -> None:
    """Motion as an area; cuts, flashes and the provisional hits before them."""
    axes.set_ylim(0, 1.2)
    axes.set_yticks([0, 0.5, 1], ["0", "", "1"])
    if not trace.motion:
        _nothing(axes, "no motion")
        return
    times, values = _reduced([time for time, _ in trace.motion], [[value] for _, value in trace.motion])
    axes.fill_between(times, values[:, 0], color=palette.SEEN, alpha=0.35, linewidth=0)
    axes.plot(times, values[:, 0], color=palette.SEEN, linewidth=0.7)
    moments: dict[Event, list[float]] = {event: [] for event in Event}
    for cue in trace.events:
        if cue.event is not None:
            moments[cue.event].append(cue.time if cue.origin is None else cue.origin)
    axes.vlines(moments[Event.CUT], 0, 1.2, color=palette.INK, linewidth=0.8)
    axes.vlines(moments[Event.FLASH], 0, 1.2, color=palette.AROUSAL_COLOR, linewidth=0.8, linestyle=(0, (2, 1.5)))
    axes.vlines(moments[Event.HIT], 1.06, 1.2, color=palette.MUTED, linewidth=0.8)
    _legend(
        axes,
        Line2D([], [], color=palette.SEEN, linewidth=1, label="motion"),
        Line2D([], [], color=palette.INK, linewidth=1, label="cut"),
        Line2D([], [], color=palette.AROUSAL_COLOR, linewidth=1, linestyle=(0, (2, 1.5)), label="flash"),
        Line2D([], [], color=palette.MUTED, linewidth=0, marker="|", markersize=4, label="hit"),
    )


def emotion(axes: Axes, trace: Trace) -> None:
    """The six probabilities, stacked."""
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1], ["0", "", "1"])
    if not trace.affects:
        _nothing(axes, "no affect")
        return
    times, shares = _reduced([time for time, _ in trace.affects], [affect.probabilities for _, affect in trace.affects])
    edges = np.concatenate([np.zeros((len(times), 1)), shares.cumsum(axis=1)], axis=1)
    for index, name in enumerate(EMOTIONS):
        color = palette.EMOTION_COLORS[name]
        axes.fill_between(times, edges[:, index], edges[:, index + 1], facecolor=color, edgecolor=color, linewidth=0.3)
    _legend(axes, *(Patch(color=palette.EMOTION_COLORS[name], label=name) for name in reversed(EMOTIONS)))


def mood(axes: Axes, trace: Trace) -> None:
    """Valence and arousal."""
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([-1, 0, 1], ["−1", "0", "1"])
    axes.axhline(0, color=palette.FAINT, linewidth=0.6)
    if not trace.affects:
        _nothing(axes, "no affect")
        return
    times, values = _reduced(
        [time for time, _ in trace.affects], [(affect.valence, affect.arousal) for _, affect in trace.affects]
    )
    lines = []
    for index, (name, color) in enumerate((("arousal", palette.AROUSAL_COLOR), ("valence", palette.VALENCE_COLOR))):
        lines += axes.plot(times, values[:, 1 - index], color=color, linewidth=1.1, label=name)
    _legend(axes, *lines)


def chords(axes: Axes, trace: Trace) -> None:
    """One block for as long as a chord stays; its name where there is room for it."""
    _bare(axes)
    axes.set_ylim(0, 1)
    width, height = _size_px(axes)
    per_second = width / axes.get_xlim()[1]
    points = axes.figure.dpi / 72  # pixels a point
    blocks = _blocks(trace)
    axes.add_collection(
        PolyCollection(
            [[(start, 0), (end, 0), (end, 1), (start, 1)] for start, end, _ in blocks],
            facecolors=[palette.chord_color(chord) for _, _, chord in blocks],
            edgecolors="white",
            linewidths=0.6 if len(blocks) < width / 10 else 0,
        )
    )
    labels = [_label(chord, (end - start) * per_second, height, points) for start, end, chord in blocks]
    named = sum(end - start for (start, end, _), label in zip(blocks, labels, strict=True) if label)
    if named > trace.duration / 2:  # a few names among many colours would say nothing
        for (start, end, _), label in zip(blocks, labels, strict=True):
            if label is not None:
                name, rotation = label
                axes.text((start + end) / 2, 0.5, name, size=NAME_SIZE, rotation=rotation, ha="center", va="center")
    _wheel(axes)


def _label(chord: Chord, width: float, height: float, points: float) -> tuple[str, int] | None:
    """A chord's name and its rotation in a block of so many pixels, of which there are ``points`` in a point."""
    name = palette.chord_name(chord)
    long, tall = len(name) * NAME_SIZE * NAME_EM * points, NAME_SIZE * points
    if width >= long + NAME_SIZE * points * 0.7:
        return name, 0
    return (name, 90) if width >= tall * 1.3 and height >= long else None


def notes(axes: Axes, trace: Trace, parts: Sequence[str]) -> None:
    """Every note by its pitch; a part has a colour, a loud note more of it."""
    if not trace.notes:
        axes.set_yticks([])
        _nothing(axes, "no notes")
        return
    colors = {part: to_rgb(palette.part_color(index)) for index, part in enumerate(parts)}
    pitches = [note.pitch for note in trace.notes]
    low, high = min(pitches) - 2, max(max(pitches), min(pitches) + 20) + 2
    octaves = range(-(-low // 12) * 12, high + 1, 12)
    axes.set_ylim(low, high)
    axes.set_yticks(list(octaves), [f"C{pitch // 12 - 1}" for pitch in octaves])
    axes.grid(axis="y", color=palette.GRID, linewidth=0.6)
    shortest = axes.get_xlim()[1] / _size_px(axes)[0]  # a pixel: no note is too short to be seen
    boxes = []
    for note in trace.notes:
        end = note.onset + max(note.duration, shortest)
        bottom, top = note.pitch - 0.42, note.pitch + 0.42
        boxes.append([(note.onset, bottom), (end, bottom), (end, top), (note.onset, top)])
    faces = [(*colors[note.part], 0.2 + 0.8 * note.velocity / 127) for note in trace.notes]
    axes.add_collection(PolyCollection(boxes, facecolors=faces, linewidths=0))
    _legend(axes, *(Patch(color=color, label=part) for part, color in colors.items()), y=0.97)


def density(axes: Axes, trace: Trace) -> None:
    """Notes sounding in each second, asked and played."""
    seconds = _seconds(axes)
    played = np.zeros(len(seconds))
    for note in trace.notes:
        first, last = int(note.onset), int(np.ceil(note.onset + note.duration))
        played[max(0, first) : max(last, first + 1)] += 1
    axes.fill_between(seconds, played, step="post", color=palette.PLAYED, linewidth=0)
    times, asked = _steps(trace, lambda dynamics: dynamics.note_density)
    axes.plot(times, asked, color=palette.ASKED, linewidth=0.9)
    top = max(5.0, float(played.max(initial=0)), float(asked.max(initial=0))) * 1.08
    axes.set_ylim(0, top)
    axes.locator_params(axis="y", nbins=3, integer=True)
    _legend(axes, *_asked_and_played("asked", "sounding"))


def loudness(axes: Axes, trace: Trace) -> None:
    """Loudness asked, and the mean velocity of the notes that begin in each second, on a scale of its own."""
    seconds = _seconds(axes)
    inside = [note for note in trace.notes if 0 <= note.onset < len(seconds)]
    begun = np.array([int(note.onset) for note in inside], dtype=np.int64)
    count = np.bincount(begun, minlength=len(seconds))
    total = np.bincount(begun, weights=[note.velocity for note in inside], minlength=len(seconds))
    velocity = np.divide(total, count, out=np.zeros(len(seconds)), where=count > 0)
    beside = axes.twinx()
    beside.set_zorder(axes.get_zorder() - 1)
    axes.patch.set_visible(False)
    axes.grid(visible=False)  # it would lie above the area
    beside.grid(axis="x", color=palette.GRID, linewidth=0.6)
    beside.fill_between(seconds, velocity, step="post", color=palette.PLAYED, linewidth=0)
    beside.set_ylim(0, 137)
    beside.set_yticks([0, 64, 127])
    beside.tick_params(axis="y", length=2, width=0.6, pad=2, colors="#7e97b0")
    for spine in beside.spines.values():
        spine.set_visible(False)
    times, asked = _steps(trace, lambda dynamics: dynamics.loudness)
    axes.plot(times, asked, color=palette.ASKED, linewidth=0.9)
    axes.set_ylim(0, max(0.1, float(asked.max(initial=0))) * 1.08)
    axes.locator_params(axis="y", nbins=3)
    _legend(axes, *_asked_and_played("asked", "velocity"), x=1.025)


def _reduced(times: Sequence[float], rows: Sequence[Sequence[float]]) -> tuple[Floats, Floats]:
    """Times [n] and values [n, k], averaged where there are more than can be seen."""
    moments, values = np.asarray(times, float), np.asarray(rows, float).reshape(len(times), -1)
    together = -(-len(moments) // MOST_POINTS)
    starts = np.arange(0, len(moments), together)
    counts = np.diff([*starts, len(moments)])
    return np.add.reduceat(moments, starts) / counts, np.add.reduceat(values, starts, axis=0) / counts[:, None]


def _spans(trace: Trace) -> list[tuple[float, float, StepPlan]]:
    """Start, end and plan in order; a plan ends where the next begins, and with the performance."""
    plans = sorted((plan for plan in trace.plans if plan[0] < trace.duration), key=lambda plan: plan[0])
    following = [*(onset for onset, _, _ in plans[1:]), trace.duration]
    return [(on, min(on + long, then), plan) for (on, long, plan), then in zip(plans, following, strict=False)]


def _blocks(trace: Trace) -> list[tuple[float, float, Chord]]:
    """Start, end and chord; equal neighbours are one."""
    blocks: list[tuple[float, float, Chord]] = []
    for start, end, plan in _spans(trace):
        if blocks and blocks[-1][2] == plan.chord and start - blocks[-1][1] < 1e-3:
            blocks[-1] = (blocks[-1][0], end, plan.chord)
        elif end > start:
            blocks.append((start, end, plan.chord))
    return blocks


def _steps(trace: Trace, ask: Callable[[Dynamics], float]) -> tuple[Floats, Floats]:
    """A line that stays on what a plan asks for until it ends."""
    spans = _spans(trace)
    times = [moment for start, end, _ in spans for moment in (start, end)]
    return np.array(times), np.repeat([ask(plan.dynamics) for _, _, plan in spans], 2)


def _seconds(axes: Axes) -> Floats:
    return np.arange(int(np.ceil(axes.get_xlim()[1])) + 1, dtype=float)


def _wheel(axes: Axes) -> None:
    """The circle of fifths in the chords' colours, in the margin."""
    width, height = _size_px(axes)
    side = 1.5 * height
    inset = axes.inset_axes((1 + 0.10 * height / width, 0.62 - side / height / 2, side / width, side / height))
    inset.set_xlim(-1, 1)
    inset.set_ylim(-1, 1)
    inset.set_axis_off()
    for place in range(ROOTS):
        root, angle = place * 7 % ROOTS, 90 - 30 * place
        color = palette.chord_color(Chord(root, "maj"))
        inset.add_patch(Wedge((0, 0), 0.68, angle - 14, angle + 14, width=0.36, facecolor=color, linewidth=0))
        x, y = 0.86 * np.cos(np.radians(angle)), 0.86 * np.sin(np.radians(angle))
        inset.text(
            x, y, palette.root_name(root, flats=place > 6), size=5, color=palette.MUTED, ha="center", va="center"
        )


def _asked_and_played(asked: str, played: str) -> tuple[Line2D, Patch]:
    return Line2D([], [], color=palette.ASKED, linewidth=1, label=asked), Patch(color=palette.PLAYED, label=played)


def _legend(axes: Axes, *handles: Line2D | Patch, x: float = 1.0, y: float = 1.06) -> None:
    axes.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(x, y),
        frameon=False,
        handlelength=1.1,
        handleheight=0.8,
        handletextpad=0.5,
        labelspacing=0.28,
        borderaxespad=0.3,
    )


def _size_px(axes: Axes) -> tuple[float, float]:
    box = axes.get_window_extent()
    return box.width, box.height


def _bare(axes: Axes) -> None:
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _nothing(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, color=palette.FAINT, ha="center", va="center")
