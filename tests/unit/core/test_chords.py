"""The chord vocabulary: labels, spelling, keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_v2m.core.chords import (
    INTERVALS,
    QUALITIES,
    ROOTS,
    VOCABULARY,
    Chord,
    Key,
    parse_pitch_class,
    spell,
)
from stream_v2m.core.emotions import ALLOWED_QUALITIES, EMOTIONS

pytestmark = pytest.mark.unit

KEYS = [Key(tonic, mode) for tonic in range(ROOTS) for mode in ("major", "minor")]
keys = st.sampled_from(KEYS)
chords = st.builds(Chord.from_index, st.integers(0, VOCABULARY - 1), st.none() | keys)


def test_the_vocabulary_is_no_chord_and_every_root_with_every_quality():
    assert VOCABULARY == 157
    assert set(INTERVALS) == set(QUALITIES)
    assert len({Chord.from_index(label) for label in range(VOCABULARY)}) == VOCABULARY


@pytest.mark.parametrize(
    ("label", "name"),
    [
        (0, "N"),
        (1, "C:maj"),
        (2, "C:dim"),
        (5, "C:min"),
        (13, "C:maj7"),
        (14, "C#:maj"),
        (118, "A:maj"),
        (156, "B:maj7"),
    ],
)
def test_labels_stand_in_the_published_order(label: int, name: str):
    assert str(Chord.from_index(label)) == name
    assert Chord.parse(name).index == label


@pytest.mark.parametrize("key", [None, Key(0, "major"), Key(3, "minor"), Key(6, "major")])
def test_every_label_survives_its_index_and_its_name(key: Key | None):
    for label in range(VOCABULARY):
        chord = Chord.from_index(label, key)
        assert chord.index == label
        assert Chord.parse(str(chord), key) == chord


@pytest.mark.parametrize(
    ("name", "pitch_classes"),
    [("C", (0, 4, 7)), ("A:min7", (9, 0, 4, 7)), ("B:hdim7", (11, 2, 5, 9)), ("G:7", (7, 11, 2, 5)), ("N", ())],
)
def test_a_chord_sounds_the_pitch_classes_that_a_textbook_gives_it(name: str, pitch_classes: tuple[int, ...]):
    assert Chord.parse(name).pitch_classes == pitch_classes


@given(chords, st.integers(-40, 40))
def test_transposing_there_and_back_changes_nothing(chord: Chord, semitones: int):
    assert chord.transposed(semitones).transposed(-semitones) == chord


@given(chords, st.integers(-40, 40))
def test_transposing_moves_every_pitch_class_alike(chord: Chord, semitones: int):
    moved = chord.transposed(semitones)
    assert moved.pitch_classes == tuple((note + semitones) % ROOTS for note in chord.pitch_classes)
    assert moved.quality == chord.quality


@pytest.mark.parametrize(
    ("key", "spelt"),
    [
        ("Eb major", "Eb"),
        ("C minor", "Eb"),
        ("E major", "D#"),
        ("F minor", "Eb"),
        ("F# minor", "D#"),
        ("Eb minor", "Eb"),
    ],
)
def test_a_root_is_spelt_as_its_key_is_written(key: str, spelt: str):
    assert str(Chord(3, "maj", Key.parse(key))) == f"{spelt}:maj"


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_the_shift_takes_the_models_key_to_this_key_the_short_way(key: Key):
    home = 0 if key.mode == "major" else 9
    assert -6 <= key.shift <= 5
    assert (home + key.shift) % ROOTS == key.tonic


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_key_survives_its_name(key: Key):
    assert Key.parse(str(key)) == key


@pytest.mark.parametrize(
    ("text", "tonic", "mode"),
    [
        ("C", 0, "major"),
        ("am", 9, "minor"),
        ("Bb", 10, "major"),
        ("bbm", 10, "minor"),
        ("f# min", 6, "minor"),
        ("G Maj", 7, "major"),
        ("  Eb minor ", 3, "minor"),
        ("Cb major", 11, "major"),
        ("B#", 0, "major"),
    ],
)
def test_a_key_is_read_the_ways_people_write_it(text: str, tonic: int, mode: str):
    assert Key.parse(text) == Key(tonic, "minor" if mode == "minor" else "major")


@pytest.mark.parametrize("text", ["", "H minor", "C dorian", "minor", "m", "C#b#x", "C major major"])
def test_what_is_no_key_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is no (key|note name)"):
        Key.parse(text)


@pytest.mark.parametrize("text", ["", "n", "C:major", "H", "C:min7:x", ":maj", "C#:MIN"])
def test_what_is_no_chord_is_refused(text: str):
    with pytest.raises(ValueError, match=r"no quality|no note name"):
        Chord.parse(text)


def test_scales_are_the_major_and_the_natural_minor():
    assert Key.parse("G major").scale == (7, 9, 11, 0, 2, 4, 6)
    assert Key.parse("A minor").scale == (9, 11, 0, 2, 4, 5, 7)


@pytest.mark.parametrize("pitch_class", range(ROOTS))
def test_every_pitch_class_is_read_back_in_sharps_and_in_flats(pitch_class: int):
    assert parse_pitch_class(spell(pitch_class)) == pitch_class
    assert parse_pitch_class(spell(pitch_class, flats=True)) == pitch_class


def test_the_emotion_table_speaks_of_known_emotions_and_qualities():
    assert set(ALLOWED_QUALITIES) == set(EMOTIONS)
    assert all(qualities <= set(QUALITIES) for qualities in ALLOWED_QUALITIES.values())
    assert not ALLOWED_QUALITIES["neutral"]
