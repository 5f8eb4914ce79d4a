"""Voicing: the pitches that a chord sounds with, moving little from those before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import INTERVALS, ROOTS, Chord

Pitches = tuple[int, ...]

OCTAVE = 12
_HIGHEST = 127
_WIDEST = 26  # semitones from the lowest voice to the highest

# The lowest MIDI pitch on which an interval of 1…11 semitones still sounds clear: the arrangers' low interval limits
# (as in Sweetwater's table, middle C = 60).
_LOW_LIMIT = (0, 52, 51, 48, 47, 45, 35, 37, 41, 41, 41, 41, *[0] * 20)

# Costs, in semitones of one voice's movement.
_MUDDY = 12.0  # an interval under its low limit
_SEMITONE = 2.0  # two voices a semitone apart
_WIDE = 0.3  # each semitone over a fifth between neighbours, over an octave between the lowest two
_DOUBLED_ROOT = 0.5  # what a root saves against a fifth, where either may be doubled
_LEAP = 0.5  # each semitone over a major third that a voice moves
_THIRD, _FIFTH = 4, 7
_OFF_CENTRE = 0.15  # a voice and semitone that the chord's middle is off the register's


def voice(chord: Chord, previous: Sequence[int], *, low: int, high: int, voices: int = 4) -> Pitches:
    """Ascending MIDI pitches for ``chord`` in ``low``…``high``, near to ``previous``; () for 'no chord'.

    Of all spacings and inversions that hold ``chord_tones``, the one that costs least: the movement of all voices,
    and a little for leaps, for semitone rubs, for gaps, for intervals too low to be clear, and for lying off the
    middle of the register, so that a register that drifts is followed by and by. Equal costs: the lower.
    A doubling that the register has no room for is left out.

    Args:
        low, high: the register, both included, at least an octave less one semitone apart.
        previous: pitches before, ascending; empty at the start.
    """
    assert low >= 0 and high <= _HIGHEST and high - low >= OCTAVE - 1, (low, high)
    if chord.root is None:
        return ()
    found = None
    while found is None:
        found = _candidates(chord.root, chord.quality, voices, low, high)
        voices -= 1
    pitches, cost = found
    if previous:
        cost = cost + _travel(pitches, np.sort(np.asarray(previous)))
    return tuple(pitches[cost.argmin()].tolist())


def bass_note(chord: Chord, previous: int | None, *, low: int, high: int) -> int:
    """The root in ``low``…``high`` nearest to ``previous``, at the start to the middle; as near: nearer the middle.

    ``chord`` must have a root.
    """
    assert chord.root is not None and high - low >= OCTAVE - 1, (chord, low, high)
    middle = (low + high) / 2
    near = middle if previous is None else previous
    roots = range(low + (chord.root - low) % ROOTS, high + 1, OCTAVE)
    return min(roots, key=lambda pitch: (abs(pitch - near), abs(pitch - middle)))


def movement(a: Sequence[int], b: Sequence[int]) -> float:
    """Semitones that a voice moves on average from ``a`` to ``b``; 0 where one of them is silent.

    Voices pair from the lowest up, which moves least in sum. Where there are more voices on one side, each goes to
    the nearest voice on the other.
    """
    if not a or not b:
        return 0.0
    return float(_distances(np.sort(np.asarray(a))[None], np.sort(np.asarray(b))).mean())


@lru_cache(maxsize=128)
def chord_tones(quality: str, voices: int) -> Pitches:
    """Semitones above the root that ``voices`` voices are to hold, ascending, a doubling named twice.

    Fewer voices than tones: a perfect fifth is left out first, then the root, which the bass has; third, sixth, seventh
    and an altered fifth make the quality. More: root, fifth and third are doubled in turn.
    """
    tones = INTERVALS[quality]
    fifth = tones[2]
    kept = list(tones)
    for tone in (fifth, 0) if fifth == _FIFTH else (0, fifth):
        if len(kept) > voices:
            kept.remove(tone)
    doubled = [(0, fifth, tones[1])[i % 3] for i in range(voices - len(kept))]
    return tuple(sorted([*kept[:voices], *doubled]))


@lru_cache(maxsize=1024)
def _candidates(
    root: int, quality: str, voices: int, low: int, high: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Every voicing in the register, int [N, voices] ascending, lower ones first, and what each costs by itself [N]."""
    tones = chord_tones(quality, voices)
    shapes = _shapes(tones)
    if voices == len(INTERVALS[quality]) + 1 and _FIFTH in tones:
        shapes = np.concatenate([shapes, _shapes(tuple(sorted([*INTERVALS[quality], _FIFTH])))])
    octaves = np.arange(-OCTAVE, high + 1, OCTAVE)
    pitches = (shapes + root + octaves[:, None, None]).reshape(-1, voices)
    pitches = pitches[(pitches[:, 0] >= low) & (pitches[:, -1] <= high)]
    if not len(pitches):
        return None
    pitches = pitches[np.lexsort(pitches.T[::-1])]
    gaps = np.diff(pitches, axis=1)
    roomy = np.full(voices - 1, _FIFTH)
    roomy[:1] = OCTAVE
    muddy = pitches[:, :-1] < np.asarray(_LOW_LIMIT)[gaps]
    cost = (_MUDDY * muddy + _SEMITONE * (gaps == 1) + _WIDE * (gaps - roomy).clip(0)).sum(axis=1)
    cost -= _DOUBLED_ROOT * ((pitches - root) % OCTAVE == 0).sum(axis=1)
    cost += _OFF_CENTRE * voices * np.abs(pitches.mean(axis=1) - (low + high) / 2)
    return pitches, cost


@lru_cache(maxsize=128)
def _shapes(tones: Pitches) -> NDArray[np.int64]:
    """Semitones above some root, int [N, voices] ascending: every way to stack ``tones``, the lowest in one octave."""
    reach = sorted({tone + octave for octave in range(0, 4 * OCTAVE, OCTAVE) for tone in tones})
    shapes = []
    for first, start in enumerate(reach[: len(set(tones))]):
        above = [tone for tone in reach[first + 1 :] if tone - start <= _WIDEST]
        for rest in combinations(above, len(tones) - 1):
            if sorted(tone % OCTAVE for tone in (start, *rest)) == list(tones):
                shapes.append((start, *rest))
    return np.array(shapes, np.int64).reshape(-1, len(tones))


def _travel(pitches: NDArray[np.int64], previous: NDArray[np.int64]) -> NDArray[np.float64]:
    """What the way from ``previous`` to each of ``pitches`` [N, V] costs: [N]."""
    distances = _distances(pitches, previous)
    cost: NDArray[np.float64] = (distances + _LEAP * (distances - _THIRD).clip(0)).mean(axis=1) * pitches.shape[1]
    return cost


def _distances(pitches: NDArray[np.int64], previous: NDArray[np.int64]) -> NDArray[np.int64]:
    """Semitones that each voice moves, int [N, …]."""
    if pitches.shape[1] == len(previous):
        paired: NDArray[np.int64] = np.abs(pitches - previous)
        return paired
    apart = np.abs(pitches[:, :, None] - previous)
    return np.concatenate([apart.min(axis=2), apart.min(axis=1)], axis=1)
