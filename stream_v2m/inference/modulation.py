"""Where a long performance's own key goes: now and then to a neighbour, through a chord that both keys have."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stream_v2m.core.chords import ROOTS, Key
from stream_v2m.core.values import Affect
from stream_v2m.inference import keys

PHRASE_BARS = 8
LEAST_S = 120.0  # between two changes; also how long the first key lasts at least
# The steps of a change, the last of which begins a phrase: a chord of both keys, V of the new one, its tonic.
PASSAGE = 3
_MOOD_S = 60.0  # time constant of the mood that has a say
_OTHER_SIDE = 0.15  # valence on average beyond which it contradicts the mode
_WHIM = 0.5  # how much arousal the seed can outweigh
_FIFTH = 7


@dataclass(slots=True)
class Journey:
    """How the own key has moved so far.

    Attributes:
        since: seconds since it last changed.
        changes: how often it has.
        left: steps of a change that are still to come.
        bars: where the last step began, in bars from the first chord.
        valence, arousal: of the last minutes, on average.
    """

    since: float = 0.0
    changes: int = 0
    left: int = 0
    bars: float | None = None
    valence: float = 0.0
    arousal: float = 0.0


def travel(
    journey: Journey, home: Key, *, bars: float, seconds: float, affect: Affect | None, after_s: float, seed: int
) -> Key:
    """The own key from this step on: ``home``, or the neighbour that it changes to; ``journey`` goes on.

    A change begins so that the new tonic begins a phrase of eight bars; it comes after ``after_s`` seconds, or sooner
    when the mood has long been on the other side of the mode, and never within ``LEAST_S`` of another.

    Args:
        bars: where the step begins, in bars from the first chord.
        seconds: the step's duration.
    """
    before, journey.bars = journey.bars, bars
    journey.since += seconds
    if affect is not None:
        share = -math.expm1(-seconds / _MOOD_S)
        journey.valence += share * (affect.valence - journey.valence)
        journey.arousal += share * (affect.arousal - journey.arousal)
    if journey.left or before is None or not _ends_a_phrase(bars, bars - before):
        return home
    if journey.since < (LEAST_S if contradicted(home, journey.valence) else max(LEAST_S, after_s)):
        return home
    journey.since, journey.left, journey.changes = 0.0, PASSAGE, journey.changes + 1
    whim = _WHIM * np.random.default_rng((seed, journey.changes)).uniform(-1, 1)
    return neighbour(home, journey.valence, journey.arousal + whim)


def neighbour(home: Key, valence: float, arousal: float) -> Key:
    """The next key: the relative one where valence contradicts the mode, else a fifth up if aroused, down if calm.

    Keys of more than four accidentals are turned away from.
    """
    if contradicted(home, valence):
        major = home.mode == "major"
        return Key((home.tonic + (9 if major else 3)) % ROOTS, "minor" if major else "major")
    sharps = (home.shift * _FIFTH + 5) % ROOTS - 5
    up = arousal > 0
    if abs(sharps + (1 if up else -1)) > keys.MOST_ACCIDENTALS:
        up = sharps < 0
    return Key((home.tonic + (_FIFTH if up else -_FIFTH)) % ROOTS, home.mode)


def contradicted(key: Key, valence: float) -> bool:
    """Whether the mood is clearly not that of the mode."""
    return valence < -_OTHER_SIDE if key.mode == "major" else valence > _OTHER_SIDE


def passage(left: int, old: Key, new: Key) -> keys.Mask:
    """The chords [157] that a change of key takes with ``left`` steps to come, this one included."""
    if left >= PASSAGE:
        return keys.diatonic(old) & keys.diatonic(new)
    return keys.dominant(new) if left == PASSAGE - 1 else keys.opening(new)


def _ends_a_phrase(bars: float, step: float) -> bool:
    """Whether ``PASSAGE`` steps of ``step`` bars from here on end on the first of a new phrase."""
    return step > 0 and round(-bars % PHRASE_BARS / step) == PASSAGE - 1
