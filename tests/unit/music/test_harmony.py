"""Tones between the chord's: which a line may take, and which lead from one to the next."""

import pytest

from stream_v2m.core.chords import Chord
from stream_v2m.music.harmony import passing, walkable

pytestmark = pytest.mark.unit

C_MAJOR = (0, 2, 4, 5, 7, 9, 11)


def test_a_line_may_take_the_scale_but_nothing_that_rubs_against_a_strange_tone_of_the_chord() -> None:
    assert walkable(Chord.parse("C"), C_MAJOR) == set(C_MAJOR)
    assert walkable(Chord.parse("E"), C_MAJOR) == {0, 2, 4, 5, 8, 11}  # G♯ for G and A


@pytest.mark.parametrize(
    ("previous", "target", "found"),
    [
        (60, 64, 62),  # up through a third
        (67, 64, 65),  # down
        (60, 62, 64),  # D lies beside C itself: from the other side
        (64, 64, 62),  # a turn below
        (60, 60, 62),  # below is out of bounds
        (88, 91, 89),
        (91, 91, 89),
    ],
)
def test_a_passing_tone_lies_beside_the_next_one_and_within_bounds(previous: int, target: int, found: int) -> None:
    assert passing(previous, target, C_MAJOR, 60, 91) == found


def test_where_nothing_fits_nothing_passes() -> None:
    assert passing(60, 62, C_MAJOR, 60, 62) is None
