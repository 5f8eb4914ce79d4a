"""Published labels and keys to the vocabulary."""

from __future__ import annotations

import numpy as np
import pytest

from models.data.labels import parse_label, transpose_label
from models.data.song import estimate_key
from stream_v2m.core.chords import VOCABULARY, Chord, Key

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("N", "N"),
        ("C", "C:maj"),
        ("Bb:sus4(b7)", "A#:sus4"),
        ("A:min7/b3", "A:min7"),
        ("D:maj(9)", "D:maj"),
        ("E:7(#9)", "E:7"),
        ("G:maj13", "G:maj7"),
        ("F#:min11", "F#:min7"),
        ("Ab:5", "G#:maj"),
        ("B:minmaj7", "B:min"),
        ("C:(3,5,b7)", "C:7"),
        ("C:(b3,5,b7)", "C:min7"),
        ("F/5", "F:maj"),
        ("&pause", "N"),
    ],
)
def test_a_published_label_becomes_the_nearest_of_the_vocabulary(text, meaning):
    label = parse_label(text)
    assert label is not None
    assert str(Chord.from_index(label)) == meaning


@pytest.mark.parametrize("text", ["X", "*", "H:maj", "C:nonsense", ""])
def test_what_cannot_be_read_is_no_label(text):
    assert parse_label(text) is None


def test_transposing_agrees_with_the_chord_type_for_every_label():
    for label in range(VOCABULARY):
        assert transpose_label(label, 5) == Chord.from_index(label).transposed(5).index
        assert transpose_label(transpose_label(label, -4), 4) == label


@pytest.mark.parametrize("key", ["C major", "A minor", "F# major", "Eb minor"])
def test_the_key_of_its_own_cadence_is_found(key):
    wanted = Key.parse(key)
    degrees = [(0, "maj"), (5, "maj"), (7, "7"), (0, "maj")]
    if wanted.mode == "minor":
        degrees = [(0, "min"), (5, "min"), (10, "maj"), (0, "min")]
    labels = np.array([Chord((wanted.tonic + root) % 12, quality).index for root, quality in degrees])
    assert estimate_key(labels, np.ones(4)) == wanted


def test_a_given_tonic_leaves_only_the_mode_to_be_found():
    labels = np.array([Chord(9, "min").index, Chord(5, "maj").index, Chord(9, "min").index])
    assert estimate_key(labels, np.ones(3), tonic=9) == Key.parse("A minor")
