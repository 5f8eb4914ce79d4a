"""Tempo: linear pieces that join, a past that stays, glides that never go back, taps."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_v2m.core.tempo import GLIDE, HISTORY, PIECES, InternalTempo, Segment, TapTempo

pytestmark = pytest.mark.unit

steerings = st.lists(
    st.tuples(
        st.floats(0.01, 3.0),  # seconds after the one before
        st.one_of(
            st.tuples(st.just("change"), st.floats(20, 300)),
            st.tuples(st.just("nudge"), st.floats(-2, 2)),
            st.tuples(st.just("locate"), st.floats(0, 8)),
        ),
    ),
    min_size=1,
    max_size=20,
)


def steered(acts):
    """A tempo that was steered so, the moments of the leaps, and the last moment."""
    tempo, now, leaps = InternalTempo(120), 0.0, []
    for wait, (act, value) in acts:
        now += wait
        if act == "locate":
            tempo.locate(tempo.beat_at(now) + value, now)
            leaps.append(now)
        else:
            getattr(tempo, act)(value, now)
    return tempo, leaps, now


@settings(max_examples=60, deadline=None)
@given(steerings)
def test_beats_always_rise_and_each_has_its_moment_whatever_steers(acts):
    tempo, leaps, end = steered(acts)
    moments = [-1 + (end + 12) * step / 400 for step in range(401)]
    beats = [tempo.beat_at(moment) for moment in moments]
    assert all(later > earlier for earlier, later in itertools.pairwise(beats))
    assert [tempo.time_at(beat) for beat in beats] == pytest.approx(moments, abs=1e-6)
    for leap in leaps:
        before, after = tempo.beat_at(leap - 1e-9), tempo.beat_at(leap)
        assert tempo.time_at((before + after) / 2) == pytest.approx(leap, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(steerings)
def test_what_has_passed_is_never_changed(acts):
    tempo, now = InternalTempo(120), 0.0
    seen = []
    for wait, (act, value) in acts:
        seen += [(now + wait * part / 4, tempo.beat_at(now + wait * part / 4)) for part in range(4)]
        now += wait
        if act == "locate":
            tempo.locate(tempo.beat_at(now) + value, now)
        else:
            getattr(tempo, act)(value, now)
    for moment, beat in seen:
        assert tempo.beat_at(moment) == pytest.approx(beat, abs=1e-9)


def test_a_step_that_has_passed_is_found_as_it_really_was():
    tempo = InternalTempo(60)
    tempo.start(1.0)
    tempo.change(120, at=5.0)  # beat 4
    assert [tempo.beat_at(moment) for moment in (0.0, 1.0, 4.0, 5.0, 6.0)] == [-1.0, 0.0, 3.0, 4.0, 6.0]
    assert [tempo.time_at(beat) for beat in (-1.0, 3.5, 4.0, 5.0)] == [0.0, 4.5, 5.0, 5.5]
    assert tempo.time_at(tempo.beat_at(5.5) - 2) == 4.0


def test_a_change_before_the_music_starts_moves_its_start_and_nothing_before():
    tempo = InternalTempo(120)
    tempo.start(2.0)
    tempo.change(60, at=1.0)
    assert tempo.time_at(0) == 3.0
    assert tempo.beat_at(0.0) == -4.0


def test_the_newest_piece_is_what_was_asked_for():
    tempo = InternalTempo(120)
    tempo.change(90, at=2.0)
    assert tempo.segment == Segment(2.0, 4.0, 90)
    assert tempo.bpm == 90


@pytest.mark.parametrize("beats", [0.1, -0.1, 0.9, -2.0])
def test_a_nudge_glides_within_its_limit_and_arrives(beats):
    tempo = InternalTempo(120)
    tempo.nudge(beats, at=1.0)
    glide = tempo.segments(0.5, 1.0)[0]
    assert abs(glide.bpm / 120 - 1) <= GLIDE + 1e-9
    arrival = tempo.segment.moment
    assert arrival - 1.0 == pytest.approx(max(1.0, abs(beats) / GLIDE) * 0.5)
    assert tempo.beat_at(arrival) == pytest.approx(arrival * 2 + beats)
    assert tempo.beat_at(arrival + 7) == pytest.approx((arrival + 7) * 2 + beats)
    assert tempo.bpm == 120


def test_a_change_of_tempo_in_the_middle_of_a_nudge_loses_none_of_it():
    tempo = InternalTempo(120)
    tempo.nudge(0.2, at=0.0)
    tempo.change(60, at=0.25)
    assert tempo.beat_at(10.0) == pytest.approx(0.5 + 0.2 + 9.75)


def test_steering_late_begins_where_the_last_steering_did():
    tempo = InternalTempo(120)
    tempo.change(60, at=2.0)
    tempo.steer(3.9, 120, at=1.95)  # on this line beat 4.0 falls on 2.0, as it does already
    assert tempo.beat_at(1.97) == pytest.approx(3.94)
    assert (tempo.segment.bpm, tempo.beat_at(2.5)) == (120, pytest.approx(5.0))


def test_beats_that_were_leapt_over_have_the_moment_of_the_leap():
    tempo = InternalTempo(120)
    tempo.locate(8.0, at=1.25)
    assert [tempo.time_at(beat) for beat in (2.5, 3.0, 7.9, 8.0)] == [1.25] * 4
    assert tempo.beat_at(1.0) == 2.0
    assert tempo.beat_at(1.75) == 9.0


def test_pieces_are_told_once_each_to_whoever_draws_them():
    tempo, drawn, last = InternalTempo(120), [], -1.0
    for beat in range(40):
        now = beat * 0.5
        tempo.change(120 + beat, at=now)
        tempo.nudge(0.01, at=now + 0.1)
        drawn += tempo.segments(last, now)
        last = now
    moments = [piece.moment for piece in drawn]
    assert moments == sorted(set(moments))
    for earlier, later in itertools.pairwise(drawn):
        assert earlier.beat_at(later.moment) == pytest.approx(later.beat)


def test_the_past_is_bounded_and_still_minutes_long():
    tempo = InternalTempo(120)
    for turn in range(3 * PIECES):
        tempo.nudge(0.001 if turn % 2 else -0.001, at=turn * 0.1)
    assert len(tempo.segments(-1e9, 1e9)) <= PIECES
    end = 3 * PIECES * 0.1
    assert tempo.beat_at(end - HISTORY + 1) == pytest.approx((end - HISTORY + 1) * 2, abs=0.01)


def tapped(*moments):
    tapping = TapTempo()
    return [tapping.tap(moment) for moment in moments]


def test_two_taps_are_no_tempo_and_three_are():
    assert tapped(1.0, 1.5, 2.0) == [None, None, pytest.approx(120)]


def test_a_human_hand_is_evened_out():
    assert tapped(0, 0.52, 0.99, 1.51, 2.0, 2.48, 3.01, 3.5)[-1] == pytest.approx(120, abs=2.5)


@pytest.mark.parametrize(
    "slip",
    [
        pytest.param((1.0, 2.0), id="missed"),
        pytest.param((1.0, 1.42, 2.0), id="early"),
        pytest.param((1.0, 1.03, 1.5, 2.0), id="doubled"),
    ],
)
def test_one_tap_gone_wrong_does_not_matter(slip):
    assert tapped(0, 0.5, *slip, 2.5, 3.0)[-1] == pytest.approx(120)


def test_another_tempo_is_taken_after_two_taps_that_agree_on_it():
    assert tapped(0, 0.5, 1.0, 1.5, 2.25, 3.0)[-1] == pytest.approx(80)


def test_after_a_pause_tapping_begins_anew():
    assert tapped(0, 0.5, 1.0, 3.5, 4.1, 4.7)[2:] == [pytest.approx(120), None, None, pytest.approx(100)]


def test_the_last_tap_says_where_the_beat_is():
    tapping, tempo = TapTempo(), InternalTempo(120)
    for moment in (0.1, 0.6, 1.1):
        tapping.tap(moment)
    assert tapping.offset(tempo) == pytest.approx(-0.2)
    tempo.nudge(tapping.offset(tempo), at=1.1)
    assert tempo.beat_at(2.6) == pytest.approx(5.0)
