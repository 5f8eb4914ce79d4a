from itertools import pairwise

import pytest

from stream_v2m.music.figures import APPROACH, Figure, Tone

pytestmark = pytest.mark.unit


def test_beats_are_divided_evenly_by_what_stands_between_bars():
    figure = Figure.parse("1 | - | 2 3 | 1 2 3")
    assert figure.beats == 4
    assert [(each.position, each.length) for each in figure.strokes] == [
        (0.0, 2.0),
        (2.0, 0.5),
        (2.5, 0.5),
        *[(3 + third / 3, pytest.approx(1 / 3)) for third in range(3)],
    ]
    assert figure.notes_per_beat == 6 / 4


def test_tones_carry_octaves_chords_accents_and_approaches():
    (stroke,) = Figure.parse("1+5'+3,,+a!").strokes
    assert stroke.tones == (Tone(1), Tone(5, 1), Tone(3, -2), Tone(APPROACH))
    assert stroke.accented


@pytest.mark.parametrize("text", ["", "1 | | 2", "- 1", ". -", "x", "1+", "0", ". | ."])
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"empty|holds|tone|no notes"):
        Figure.parse(text)


def test_thinning_keeps_accents_then_strong_beats_and_spreads_over_the_bar():
    placed = Figure.parse("1 2 3! 4 | 1 2 3 4 | 1 2 3 4 | 1 2 3 4").place(0.0, 4.0, 4)
    order = [each.beat for each in sorted(placed, key=lambda each: each.ranks)]
    assert order[:6] == [0.5, 0.0, 2.0, 1.0, 3.0, 2.5]


def test_steps_of_any_length_share_out_a_figure_without_gap_or_double():
    figure = Figure.parse("1 2 3 | 1 2 | 3 4 5 6 | 1")
    whole = [each.beat for each in figure.place(0.0, 16.0, 4)]
    cuts = [0.0, 1 / 3, 2.0, 2.75, 5 + 2 / 3, 9.0, 16.0]
    parts = [each.beat for begin, end in pairwise(cuts) for each in figure.place(begin, end, 4)]
    assert parts == pytest.approx(whole)
    assert len(whole) == 40


def test_a_figure_that_does_not_fit_the_bar_begins_again_with_it():
    beats = [each.beat for each in Figure.parse("1 | - | 1 | -").place(0.0, 9.0, 3)]
    assert beats == [0.0, 2.0, 3.0, 5.0, 6.0, 8.0]


def test_the_second_tones_of_chords_are_the_first_to_go():
    placed = Figure.parse("1+3+5 2 | 1 2+4").place(0.0, 2.0, 4)
    assert [each.ranks for each in placed] == [(0, 4, 6), (2,), (1,), (3, 5)]
