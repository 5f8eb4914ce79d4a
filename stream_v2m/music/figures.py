"""Figures: short rhythms written as text, and the order of importance in which their notes appear.

Beats stand between ``|`` and are divided evenly by what they hold, so ``"1 | -"`` is a half note, ``"1 2 | 3 2"`` are
eighths and ``"1 2 3 | 1 2 3"`` triplets. A token is ``.`` (rest), ``-`` (hold what came before) or tones: a digit
1–9, or ``a``, the approach to the next chord's root, followed by ``'`` (octave up) or ``,`` (octave down), joined by
``+`` where they sound together, and closed by ``!`` where they are accented: ``"1! . 5, 8 | 1+5 - a ."``.

A drum figure has letters for its tones, which ``music.kit`` lists: ``"k+h! h | s+h h | k+h k | s+h o"``. Drums are
not held: there ``-`` is a rest.

What a tone means is the part's business (``music.part``). For a melody it is a height, written as in numbered
notation: 1 is home, the chord tone nearest to the middle of the register, 2 the next tone of the scale above it, 8 the
octave, ``7,`` the next below: ``"1 - | 2 3 | 5 - | 3 2"``. It is a wish: the rules of ``music.melody`` bring it to
chord tones where the beat is strong or the note long, and to steps elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from stream_v2m.music.kit import KIT, spared

APPROACH = 0  # the number of the tone written ``a``
EPSILON = 1e-6  # beats; closer than this is the same place

_TONE = re.compile(r"([1-9a])('*)(,*)")


@dataclass(frozen=True, slots=True)
class Tone:
    """A number from 1 (or ``APPROACH``), moved by octaves; of a drum figure the pitch that is struck."""

    number: int
    octave: int = 0


@dataclass(frozen=True, slots=True)
class Stroke:
    """What begins at one place of a figure; ``position`` and ``length`` in beats."""

    position: float
    length: float
    tones: tuple[Tone, ...]
    accented: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A stroke in a step: its beat, its length in beats, and each tone's rank among all of the step (0: the first)."""

    beat: float
    length: float
    stroke: Stroke
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A rhythm of some beats that repeats; ``notes_per_beat`` when all of them sound; for a ``kit``, if it is."""

    text: str
    beats: int = field(compare=False)
    strokes: tuple[Stroke, ...] = field(compare=False)
    notes_per_beat: float = field(compare=False)
    kit: bool = False

    @classmethod
    def parse(cls, text: str, *, kit: bool = False) -> Figure:
        """Read the notation of this module, for a ``kit`` with its letters.

        Raises:
            ValueError: a token that cannot be read, a beat with nothing in it, a hold with nothing to hold.
        """
        strokes: list[Stroke] = []
        groups = text.split("|")
        sounding = False
        for beat, group in enumerate(groups):
            tokens = group.split()
            if not tokens:
                raise ValueError(f"beat {beat + 1} of {text!r} is empty; write '.' for a rest")
            for place, token in enumerate(tokens):
                length = float(Fraction(1, len(tokens)))
                if token == "-" and not kit:
                    if not sounding:
                        raise ValueError(f"beat {beat + 1} of {text!r} holds ('-') where nothing sounds")
                    last = strokes[-1]
                    strokes[-1] = Stroke(last.position, last.length + length, last.tones, last.accented)
                    continue
                sounding = token not in (".", "-")
                if sounding:
                    position = float(beat + Fraction(place, len(tokens)))
                    tones = _drums(token, text) if kit else _tones(token, text)
                    strokes.append(Stroke(position, length, tones, token.endswith("!")))
        if not strokes:
            raise ValueError(f"{text!r} has no notes")
        tones_per_beat = sum(len(stroke.tones) for stroke in strokes) / len(groups)
        return cls(text, len(groups), tuple(strokes), tones_per_beat, kit)

    @lru_cache(maxsize=256)  # noqa: B019 (figures are few, and asked for the same step slice after slice)
    def place(self, onset: float, end: float, beats_per_bar: int) -> tuple[Placed, ...]:
        """The strokes from beat ``onset`` to before ``end``, in order of time, ranked by importance.

        The figure runs with the bars. Accented strokes come first, then those on stronger beats; the second and
        further tones of a stroke follow after the last stroke's first. Drums go by what the groove can spare.
        """
        span = self.beats if _fits(self.beats, beats_per_bar) else beats_per_bar
        found: list[tuple[float, Stroke]] = []
        cycle = int(onset // span)
        while cycle * span < end:
            for stroke in self.strokes:
                beat = cycle * span + stroke.position
                if stroke.position < span and onset - EPSILON <= beat < end - EPSILON:
                    found.append((max(beat, onset), stroke))
            cycle += 1
        order = sorted(
            (
                spared(tone.number, metric_level(beat, beats_per_bar)) if self.kit else turn,
                not stroke.accented,
                metric_order(beat, beats_per_bar),
                beat,
                turn,
            )
            for beat, stroke in found
            for turn, tone in enumerate(stroke.tones)
        )
        ranks = {(beat, turn): rank for rank, (*_, beat, turn) in enumerate(order)}
        return tuple(
            Placed(
                beat,
                min(stroke.length, end - beat),
                stroke,
                tuple(ranks[beat, turn] for turn in range(len(stroke.tones))),
            )
            for beat, stroke in found
        )


def metric_level(beat: float, beats_per_bar: int) -> int:
    """How weak a place in the bar is: 0 the bar line, 1 half a bar, 2 a beat, 3 an eighth, 4 anything finer."""
    place = beat % beats_per_bar
    for level, unit in enumerate((float(beats_per_bar), beats_per_bar / 2, 1.0, 0.5)):
        if (level != 1 or beats_per_bar % 2 == 0) and min(place % unit, unit - place % unit) < EPSILON:
            return level
    return 4


def metric_order(beat: float, beats_per_bar: int) -> tuple[float, ...]:
    """Sorts places by importance; equals are spread over the bar, so that thinning leaves no half of it bare."""
    place = beat % beats_per_bar
    return metric_level(beat, beats_per_bar), _spread(int(place)), place


def _spread(number: int) -> float:
    """Van der Corput's sequence in base 2: 0, ½, ¼, ¾, … (van der Corput 1935)."""
    value, unit = 0.0, 0.5
    while number:
        value += unit * (number & 1)
        number >>= 1
        unit /= 2
    return value


def _fits(beats: int, beats_per_bar: int) -> bool:
    return beats % beats_per_bar == 0 or beats_per_bar % beats == 0


def _tones(token: str, text: str) -> tuple[Tone, ...]:
    tones = []
    for part in token.removesuffix("!").split("+"):
        match = _TONE.fullmatch(part)
        if match is None:
            raise ValueError(f"{token!r} in {text!r} is no tone; write '.', '-', a digit 1–9 or 'a', like 1, 5', 1+5!")
        name, up, down = match.groups()
        tones.append(Tone(APPROACH if name == "a" else int(name), len(up) - len(down)))
    return tuple(tones)


def _drums(token: str, text: str) -> tuple[Tone, ...]:
    letters = token.removesuffix("!").split("+")
    if not all(letter in KIT for letter in letters):
        raise ValueError(
            f"{token!r} in {text!r} is no drum; write '.', '-' or letters among {' '.join(KIT)}, like k+h!"
        )
    return tuple(Tone(KIT[letter]) for letter in letters)
