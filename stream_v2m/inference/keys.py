"""Keys for the sampler: which one to play in, which chords belong to it, how to end in it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import NO_CHORD, QUALITIES, ROOTS, VOCABULARY, Chord, Key, Mode
from stream_v2m.core.scales import ScaleName, harmony_classes
from stream_v2m.core.values import Affect

Mask = NDArray[np.bool_]

_FIFTH = 7
_THIRD: dict[Mode, str] = {"major": "maj", "minor": "min"}
_USUAL_WAYS = 3
_MINOR_BELOW = -0.1  # valence; a fade-in a shade on the dark side is no reason for a sad piece
MOST_ACCIDENTALS = 4  # keys with more are hard to read for those who play along
_FIFTHS_OF_AROUSAL = 2
_FIFTHS_OF_SEED = 2


def own_key(seed: int, affect: Affect | None) -> Key:
    """A key for a performance, from the mood of its first seconds and the seed.

    Valence gives the mode: minor where it is clearly below 0, else major (Gabrielsson & Lindström 2010: the most
    agreed on of all cues of harmony). Arousal leans to the sharp or the flat side of the circle of fifths by up to
    two steps, a habit of key characteristics (Steblin 2002) and no finding; the seed adds −2…2; at most four
    accidentals.
    """
    jitter = int(np.random.default_rng(seed).integers(-_FIFTHS_OF_SEED, _FIFTHS_OF_SEED + 1))
    valence, arousal = (0.0, 0.0) if affect is None else (affect.valence, affect.arousal)
    sharps = round(_FIFTHS_OF_AROUSAL * arousal) + jitter
    sharps = max(-MOST_ACCIDENTALS, min(MOST_ACCIDENTALS, sharps))
    relative_major = sharps * _FIFTH % ROOTS
    return Key(relative_major, "major") if valence > _MINOR_BELOW else Key((relative_major + 9) % ROOTS, "minor")


def key_of_tonic(tonic: Chord) -> Key:
    """The key whose first degree is ``tonic``: minor where the chord has a minor third."""
    assert tonic.root is not None
    return Key(tonic.root, "minor" if (tonic.root + 3) % ROOTS in tonic.pitch_classes else "major")


@lru_cache(maxsize=256)
def diatonic(key: Key, scale: ScaleName | None = None) -> Mask:
    """The chords of ``key``, bool [157]: all notes in its scale, and in minor V and V7; not 'no chord'.

    With a ``scale`` on the same tonic nothing but its notes, which is what was asked for.
    """
    notes = set(harmony_classes(key, scale))
    mask = np.array([i > 0 and notes.issuperset(Chord.from_index(i).pitch_classes) for i in range(VOCABULARY)])
    if key.mode == "minor" and scale is None:
        for quality in ("maj", "7"):
            mask[Chord((key.tonic + _FIFTH) % ROOTS, quality).index] = True
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=256)
def opening(key: Key, scale: ScaleName | None = None) -> Mask:
    """The chords to begin with, bool [157]: triad and seventh on the tonic, so that the mode is heard at once."""
    allowed = diatonic(key, scale)
    mask = np.zeros(VOCABULARY, bool)
    for quality in ("maj", "maj7") if key.mode == "major" else ("min", "min7"):
        mask[Chord(key.tonic, quality).index] = True
    mask &= allowed
    if not mask.any():  # a scale without a pure fifth on its tonic
        mask = allowed & _rooted(key.tonic)
    mask.flags.writeable = False
    return mask


def cadence(key: Key, previous: Chord | None, scale: ScaleName | None = None) -> list[Chord]:
    """Two chords that end: authentic (V7–I; V7–i), or plagal (IV–I; iv–i) where the tonic sounds already.

    In a ``scale`` that has neither, its own chord on the fifth, the fourth or the seventh degree leads home.
    """
    ways = _ways_home(key)
    if previous is not None and previous.root == key.tonic:
        ways[0], ways[1] = ways[1], ways[0]
    allowed = diatonic(key, scale)
    before = next((chord for chord in ways if allowed[chord.index]), None)
    tonic = Chord(key.tonic, _THIRD[key.mode], key)
    if not allowed[tonic.index]:
        tonic = Chord(key.tonic, Chord.from_index(int(opening(key, scale).argmax())).quality, key)
    return [tonic] if before is None else [before, tonic]


@lru_cache(maxsize=256)
def leading(key: Key, scale: ScaleName | None = None) -> Mask:
    """The chords that lead home, bool [157]: V, V7 and IV (iv); in a ``scale`` that has none, what it has instead."""
    allowed = diatonic(key, scale)
    mask = np.zeros(VOCABULARY, bool)
    ways = [chord.index for chord in _ways_home(key)]
    usual, other = ways[:_USUAL_WAYS], ways[_USUAL_WAYS:]
    mask[usual if allowed[usual].any() else other] = True
    mask &= allowed
    mask.flags.writeable = False
    return mask


def closing(key: Key, previous: Chord | None, scale: ScaleName | None = None) -> Mask:
    """Where a cadence goes on to from ``previous``, bool [157]: home from a chord that leads there, else to such."""
    way = leading(key, scale)
    return opening(key, scale) if previous is not None and way[previous.index] else way


def ends(key: Key, previous: Chord | None, chord: Chord, scale: ScaleName | None = None) -> bool:
    """Whether ``chord`` after ``previous`` is a cadence."""
    return previous is not None and bool(leading(key, scale)[previous.index] and opening(key, scale)[chord.index])


@lru_cache(maxsize=256)
def dominant(key: Key) -> Mask:
    """V and V7, which say of all chords most clearly where home is, bool [157]."""
    mask = leading(key) & _rooted((key.tonic + _FIFTH) % ROOTS)
    mask.flags.writeable = False
    return mask


def _ways_home(key: Key) -> list[Chord]:
    """What may stand before the last tonic, the best first; after the usual ones those that a scale may have."""
    third = _THIRD[key.mode]
    fifth, fourth, seventh = ((key.tonic + step) % ROOTS for step in (_FIFTH, 5, 10))
    usual = ((fifth, "7"), (fourth, third), (fifth, "maj"))
    other = ((fifth, "min"), (fourth, "maj"), (seventh, "maj"))
    return [Chord(root, quality, key) for root, quality in (*usual, *other)]


def _rooted(tonic: int) -> Mask:
    return np.array([i > 0 and Chord.from_index(i).root == tonic for i in range(VOCABULARY)])


def transposed(by_label: NDArray[np.float64], semitones: int) -> NDArray[np.float64]:
    """Values [157] by label, moved to the labels ``semitones`` higher; 'no chord' keeps its own."""
    chords = by_label[NO_CHORD + 1 :].reshape(ROOTS, len(QUALITIES))
    return np.concatenate([by_label[: NO_CHORD + 1], np.roll(chords, semitones, axis=0).ravel()])
