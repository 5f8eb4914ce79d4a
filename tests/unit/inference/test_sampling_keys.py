import pytest

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.values import Affect
from stream_v2m.inference.keys import cadence, diatonic, opening, own_key

pytestmark = pytest.mark.unit


def names(mask):
    return {str(Chord.from_index(i)) for i, allowed in enumerate(mask) if allowed}


def affect(valence, arousal):
    return Affect((0, 0, 0, 0, 0, 1.0), valence, arousal)


def test_a_major_key_has_its_seven_triads_their_sevenths_and_no_stranger():
    found = names(diatonic(Key.parse("C")))
    assert {"C:maj", "D:min", "E:min", "F:maj", "G:maj", "A:min", "B:dim"} <= found
    assert {"C:maj7", "D:min7", "G:7", "B:hdim7", "G:sus4"} <= found
    assert not found & {"N", "E:maj", "D:7", "C:7", "A#:maj", "C:min"}


def test_a_minor_key_has_its_dominant_too():
    found = names(diatonic(Key.parse("A minor")))
    assert {"A:min", "B:dim", "C:maj", "D:min", "E:min", "F:maj", "G:maj", "E:maj", "E:7"} <= found
    assert not found & {"N", "A:maj", "G#:dim", "B:min"}


def test_a_key_opens_on_its_tonic_so_that_the_mode_is_heard_at_once():
    assert names(opening(Key.parse("C"))) == {"C:maj", "C:maj7"}
    assert names(opening(Key.parse("F# minor"))) == {"F#:min", "F#:min7"}


def test_valence_gives_the_mode_and_nothing_seen_is_major():
    for seed in range(10):
        assert own_key(seed, affect(0.5, 0.0)).mode == "major"
        assert own_key(seed, affect(-0.5, 0.0)).mode == "minor"
        assert own_key(seed, None).mode == "major"


def test_arousal_leans_to_the_sharp_side_and_the_seed_varies_the_tonic():
    def sharps(key):
        relative = key.tonic if key.mode == "major" else key.tonic + 3
        return (relative * 7 + 5) % 12 - 5

    for valence in (-0.5, 0.5):
        for seed in range(20):
            calm, stirred = (sharps(own_key(seed, affect(valence, arousal))) for arousal in (-1.0, 1.0))
            assert -4 <= calm < stirred <= 4
    assert len({own_key(seed, None).tonic for seed in range(40)}) == 5


@pytest.mark.parametrize(
    ("key", "previous", "ending"),
    [
        ("C", "D:min", ["G:7", "C:maj"]),
        ("C", None, ["G:7", "C:maj"]),
        ("C", "C:maj7", ["F:maj", "C:maj"]),
        ("Eb minor", "Ab:min", ["Bb:7", "Eb:min"]),
        ("A minor", "A:min", ["D:min", "A:min"]),
    ],
)
def test_a_cadence_is_authentic_or_from_the_tonic_plagal(key, previous, ending):
    key = Key.parse(key)
    chords = cadence(key, previous and Chord.parse(previous, key))
    assert [str(chord) for chord in chords] == ending
    assert {chord.key for chord in chords} == {key}
