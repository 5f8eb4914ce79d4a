"""What happens in the synthetic film, and when: its ground truth, for whoever plays, tests or measures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

Transition = Literal["cut", "fade"]
Tone = Literal["bright", "middle", "dark", "stark"]

MEAN_SHOT = 5.5  # seconds
FADE = 1.0
# Two frames at 30 a second; the third is the old picture again.
FLASH = 0.06
# Shots start on multiples of this, which is a whole number of frames at 10, 15, 20, 25, 30, 50 and 60 a second.
_GRID = 0.2
_SHORTEST = 1.0


@dataclass(frozen=True, slots=True)
class Mood:
    """What one kind of shot is meant to feel like.

    Attributes:
        name: of the renderer in ``shots``.
        emotion: one of the six of ``core.emotions``.
        valence, arousal: −1…1.
        motion: intended level 0–1; 0 is a still.
        tone: how light it is; neighbours differ in it, so that every cut can be seen.
        flashes: whether a shot of this kind has a flash in its middle.
    """

    name: str
    emotion: str
    valence: float
    arousal: float
    motion: float
    tone: Tone
    flashes: bool = False


MOODS = (
    Mood("meadow", "relaxing", 0.8, -0.1, 0.15, "bright"),
    Mood("deep", "sad", -0.5, -0.7, 0.1, "dark"),
    Mood("alarm", "fearful", -0.8, 0.9, 0.9, "dark", flashes=True),
    Mood("sea", "relaxing", 0.5, -0.6, 0.25, "middle"),
    Mood("fog", "neutral", 0.0, -0.5, 0.0, "middle"),
    Mood("jitter", "tense", -0.5, 0.6, 0.8, "stark"),
    Mood("sunset", "relaxing", 0.6, -0.4, 0.1, "middle"),
    Mood("neon", "exciting", 0.5, 0.9, 0.9, "dark"),
    Mood("confetti", "exciting", 0.9, 0.7, 0.6, "bright"),
    Mood("rain", "sad", -0.6, -0.3, 0.4, "middle", flashes=True),
    Mood("shadows", "fearful", -0.7, 0.3, 0.25, "dark"),
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot from ``start`` up to ``end``, film seconds.

    Attributes:
        transition: how it begins; a fade runs from ``start`` for ``FADE`` seconds over the shot before it.
        flashes: moments at which a flash of ``FLASH`` seconds begins.
    """

    mood: Mood
    start: float
    end: float
    transition: Transition
    flashes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole film: shots without gaps from 0 to ``duration``."""

    seed: int
    duration: float
    shots: tuple[Shot, ...]

    @property
    def cut_times(self) -> tuple[float, ...]:
        """Time of the first frame after each hard cut; the film's beginning is none."""
        return tuple(shot.start for shot in self.shots[1:] if shot.transition == "cut")

    @property
    def fades(self) -> tuple[tuple[float, float], ...]:
        """Start and end of each fade."""
        return tuple((shot.start, shot.start + FADE) for shot in self.shots[1:] if shot.transition == "fade")

    @property
    def flash_times(self) -> tuple[float, ...]:
        """Time of the first frame of each flash."""
        return tuple(moment for shot in self.shots for moment in shot.flashes)

    def index_at(self, time: float) -> int:
        """Which shot is on at ``time``; the last one from its start on."""
        return int(np.searchsorted([shot.start for shot in self.shots], time + 1e-9, side="right")) - 1


def write_scenario(seed: int = 0, duration: float = 60.0) -> Scenario:
    """Invent a film of ``duration`` seconds: every mood once before any comes again, one fade a round."""
    rng = np.random.default_rng(seed)
    count = max(1, round(duration / MEAN_SHOT))
    moods: list[Mood] = []
    fading: set[int] = set()
    while len(moods) < count:
        size = len(moods)
        moods += _shuffled(rng, after=moods[-1].tone if moods else None)
        fading.add(size + int(rng.integers(2, len(MOODS))))
    starts = _starts(rng, count, duration)
    ends = (*starts[1:], duration)
    shots = []
    for index, (mood, start, end) in enumerate(zip(moods[:count], starts, ends, strict=True)):
        place = start + (end - start) * rng.uniform(0.4, 0.7)
        room = end - start > 2 * FADE
        flashes = (_on_grid(place),) if mood.flashes and room else ()
        shots.append(Shot(mood, start, end, "fade" if index in fading and room else "cut", flashes))
    return Scenario(seed, duration, tuple(shots))


def _shuffled(rng: np.random.Generator, after: Tone | None) -> list[Mood]:
    while True:
        moods = [MOODS[place] for place in rng.permutation(len(MOODS))]
        tones = [after, *(mood.tone for mood in moods)]
        if all(one != other for one, other in pairwise(tones)):
            return moods


def _starts(rng: np.random.Generator, count: int, duration: float) -> tuple[float, ...]:
    lengths = rng.uniform(0.7, 1.3, count)
    edges = np.concatenate([[0.0], np.cumsum(lengths / lengths.sum() * duration)[:-1]])
    starts = [_on_grid(edge) for edge in edges]
    assert count == 1 or min(np.diff(starts)) >= _SHORTEST, starts
    return tuple(starts)


def _on_grid(moment: float) -> float:
    return round(round(moment / _GRID) * _GRID, 6)
