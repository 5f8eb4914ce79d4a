"""How the picture's mood and the metre weigh on the next chord, in nats, bounded, 0 where their strength is 0."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import QUALITIES, ROOTS, VOCABULARY, Chord, Key
from stream_v2m.core.emotions import ALLOWED_QUALITIES, EMOTIONS
from stream_v2m.core.values import Affect
from stream_v2m.inference.keys import diatonic

Weights = NDArray[np.float64]

# The table gives fear and tension no plain minor triad, and what it gives them is rare in real music (diminished chords
# are 0.1 % of MuVi-Sync): minor qualities serve them too, at half the weight.
_ALSO_SERVING: dict[str, dict[str, float]] = {
    "fearful": {"min": 0.5, "min6": 0.5},
    "tense": {"min": 0.5, "min6": 0.5},
}

_OUTSIDE_KEY = 0.5

DIMINISHED = ("dim", "dim7", "hdim7")

# Which side of the mode a quality is on: Gabrielsson & Lindström 2010 and Eerola et al. 2013 (major happy, minor
# sad); suspended chords have no third; an augmented one is neither.
_BRIGHTNESS = {
    **dict.fromkeys(("maj", "maj6", "maj7", "7"), 1.0),
    **dict.fromkeys(("min", "min7", "min6", "dim", "dim7", "hdim7"), -1.0),
}

# Log-odds of a change by its place among the bar's two or four steps, against the mean of the bar: counted over
# POP909's 69,968 bars of four (Wang et al. 2020), set so that a mean rate of change of .42 a half-bar step and .25 a
# beat stays what it is.
_PLACES: dict[int, tuple[float, ...]] = {2: (0.9, -1.05), 4: (1.9, -1.95, -0.05, -2.5)}
_PLACE_TOLERANCE = 0.02

VISITS = 8
_VISITS_OF_A_LOOP = VISITS // 4
# Set so that five minutes of music have as many different trigrams of chords as a song of POP909 has (CPI .44 ± .16);
# the first minute of any loop costs nothing.
MEMORY = 256  # changes
ROUNDS = 8


def _by_label(weights: dict[str, float]) -> Weights:
    """Weights by quality, spread over the labels [157]; 0 for 'no chord'."""
    return np.array([0.0, *[weights.get(quality, 0.0) for quality in QUALITIES] * ROOTS])


@lru_cache(maxsize=1)
def serving() -> Weights:
    """How well each chord serves each emotion, 0–1, float64 [6, 157]; nothing serves 'neutral' better than the rest."""
    rows = [{**_ALSO_SERVING.get(e, {}), **dict.fromkeys(ALLOWED_QUALITIES[e], 1.0)} for e in EMOTIONS]
    table = np.stack([_by_label(row) for row in rows])
    table.flags.writeable = False
    return table


@lru_cache(maxsize=1)
def brightness() -> Weights:
    """+1 for major-side, −1 for minor-side chords, float64 [157]."""
    sides = _by_label(_BRIGHTNESS)
    sides.flags.writeable = False
    return sides


def destination_weights(affect: Affect, key: Key, previous: Chord | None, *, emotion: float, valence: float) -> Weights:
    """Log-weights [157] on where a change goes, by label at sounding pitch.

    Each emotion lifts the qualities that serve it by its probability × ``emotion`` nats, so none by more than that;
    valence lifts or lowers the major side against the minor by ``valence`` nats. A chord outside the key is lifted
    half as much, a diminished one only where key or voice leading carries it.
    """
    lift = emotion * (np.asarray(affect.probabilities) @ serving()) + valence * affect.valence * brightness()
    return np.where(lift > 0, lift * carried(key, previous), lift)


@lru_cache(maxsize=4096)
def carried(key: Key, previous: Chord | None) -> Weights:
    """How much of its lift each chord gets [157]: all in the key, half outside, so that steering does not modulate.

    A diminished chord gets it only where it will be heard as leading somewhere: as vii° of the key (of harmonic minor
    too) or ii° of minor; or a semitone below a chord of the key, reached with a common tone and no more than steps.
    None follows another.
    """
    share = np.where(diatonic(key), 1.0, _OUTSIDE_KEY)
    after_diminished = previous is not None and previous.quality in DIMINISHED
    for root, quality in product(range(ROOTS), DIMINISHED):
        chord = Chord(root, quality)
        share[chord.index] = not after_diminished and (_of_key(chord, key) or _led_to(chord, key, previous))
    share.flags.writeable = False
    return share


def _of_key(chord: Chord, key: Key) -> bool:
    notes = set(chord.pitch_classes)
    leading = (key.tonic - 1) % ROOTS
    harmonic_minor = (set(key.scale) - {(leading - 1) % ROOTS}) | {leading}
    return notes.issubset(key.scale) or (key.mode == "minor" and chord.root == leading and notes <= harmonic_minor)


def _led_to(chord: Chord, key: Key, previous: Chord | None) -> bool:
    if previous is None or previous.root is None or chord.root is None:
        return False
    resolves = (chord.root + 1) % ROOTS in key.scale and (chord.root + 1) % ROOTS != (key.tonic - 1) % ROOTS
    distances = [min((a - b) % ROOTS for a, b in _both_ways(note, previous)) for note in chord.pitch_classes]
    return resolves and 0 in distances and max(distances) <= 2


def _both_ways(note: int, other: Chord) -> list[tuple[int, int]]:
    return [pair for pitch_class in other.pitch_classes for pair in ((note, pitch_class), (pitch_class, note))]


def place_log_odds(bar_position: float, step: float) -> float:
    """Log-odds of a change at ``bar_position``, for steps of ``step`` bars; 0 where nothing is known."""
    if step <= 0:
        return 0.0
    places = round(1 / step)
    place = bar_position * places
    if places not in _PLACES or max(abs(places * step - 1), abs(place - round(place))) > _PLACE_TOLERANCE * places:
        return 0.0
    return _PLACES[places][round(place) % places]


def surplus_visits(visited: Sequence[Chord]) -> Weights:
    """How often each chord [157] was gone to among the last ``VISITS`` changes, beyond its share of a four-chord loop.

    Fed its own choices, a model falls into loops of two chords; loops of four are pop music and cost nothing.
    """
    counts = np.bincount([chord.index for chord in visited[-VISITS:]], minlength=VOCABULARY)
    return np.maximum(counts - _VISITS_OF_A_LOOP, 0).astype(np.float64)


def surplus_rounds(visited: Sequence[Chord]) -> Weights:
    """How often each chord [157] came after the last two among the last ``MEMORY`` changes, beyond ``ROUNDS``.

    What a model hears all the time it becomes sure of: left alone it goes round one loop for the rest of the night.
    """
    labels = [chord.index for chord in visited[-MEMORY:]]
    counts = np.zeros(VOCABULARY)
    for one, two, three in zip(labels, labels[1:], labels[2:], strict=False):
        counts[three] += [one, two] == labels[-2:]
    return np.clip(counts - ROUNDS, 0, ROUNDS)
