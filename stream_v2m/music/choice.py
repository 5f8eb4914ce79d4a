"""Which figure a part plays: choices that make phrases, and that melodies and drums stay with for a while."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from stream_v2m.music.chance import beat_key, chance
from stream_v2m.music.figures import EPSILON, Figure
from stream_v2m.music.part import Part

RELATED = 1.5  # figures with up to so many times the notes of the sparsest that has enough are chosen among
PHRASE_BARS, RONDO = 4, (0, 1, 0, 2)  # the third phrase returns to the first, in each phrase the third bar to its first


_NOTHING = Figure("", 1, (), 0.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a part plays.

    Attributes:
        figure: the rhythm.
        fill: takes over in the end of the bar.
        filled: a fill has just ended.
    """

    figure: Figure
    fill: Figure | None = None
    filled: bool = False


class Choices:
    """The figures of all parts. Drums stay with theirs for half a bar, a melody for a bar, so that it makes sense."""

    def __init__(self, beats_per_bar: int) -> None:
        self._bar = beats_per_bar
        self._kept: dict[str, tuple[int, Choice]] = {}

    @property
    def unit(self) -> float:
        """Beats: choices are made anew at most so often."""
        return self._bar / 2 if self._bar % 2 == 0 else float(self._bar)

    def of(self, part: Part, notes_per_beat: float, *, beat: float, seed: int, lively: bool) -> Choice:
        """What the part plays from ``beat`` on, where so many notes are asked for.

        Args:
            seed: of this part's choices.
            lively: much happens, which lets a phrase of drums end on a fill.
        """
        if not part.figures:
            return Choice(_NOTHING)
        bar = math.floor((beat + EPSILON) / self._bar)
        if part.role not in ("melody", "drums"):
            return Choice(choose(part.figures, notes_per_beat, bar, seed))
        unit = self.unit if part.role == "drums" else self._bar
        turn = math.floor((beat + EPSILON) / unit)
        before, kept = self._kept.get(part.name, (turn - 2, None))
        if before != turn or kept is None:
            fill = None
            if part.fill and lively and bar % PHRASE_BARS == PHRASE_BARS - 1:
                fill = choose(part.fill, 0.0, bar // PHRASE_BARS, seed)
            filled = kept is not None and kept.fill is not None and before == turn - 1 and bar % PHRASE_BARS == 0
            kept = Choice(choose(part.figures, notes_per_beat, bar, seed), fill, filled)
            self._kept[part.name] = turn, kept
        return kept

    def clear(self) -> None:
        """Choose all anew."""
        self._kept.clear()


def choose(figures: Sequence[Figure], notes_per_beat: float, bar: int, seed: int) -> Figure:
    """Among the figures that are dense enough, one of the sparsest; the choice makes phrases in which bars return."""
    enough = [each.notes_per_beat for each in figures if each.notes_per_beat >= notes_per_beat - EPSILON]
    least = min(enough) if enough else max(each.notes_per_beat for each in figures)
    related = [figure for figure in figures if least <= figure.notes_per_beat <= least * RELATED]
    phrase, place = divmod(bar, PHRASE_BARS)
    order = _order(seed, RONDO[phrase % len(RONDO)], len(related))
    return related[order[RONDO[place % len(RONDO)] % len(order)]]


@lru_cache(maxsize=1024)
def _order(seed: int, theme: int, count: int) -> tuple[int, ...]:
    return tuple(sorted(range(count), key=lambda index: chance(seed, theme, index)))


@lru_cache(maxsize=64)
def part_seed(seed: int, index: int) -> int:
    """The seed of one part's choices."""
    return beat_key(chance(seed, index) * 1e6)
