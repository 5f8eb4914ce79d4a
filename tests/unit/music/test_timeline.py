from dataclasses import replace

import pytest

from stream_v2m.core.chords import Chord
from stream_v2m.music.timeline import Timeline, end_of
from tests.support.music import plan, plans

pytestmark = pytest.mark.unit


def timeline(accepted):
    made = Timeline(4)
    for each in accepted:
        made.accept(each, played=0.0)
    return made


def laid_out(made, begin, end):
    return [(str(each.chord), start, stop) for each, start, stop in made.spans(begin, end)]


def test_there_is_nothing_before_the_first_plan():
    assert laid_out(timeline([plan(2)]), 0.0, 5.0) == [("C:maj", 4.0, 5.0)]
    assert laid_out(timeline([]), 0.0, 5.0) == []


def test_an_early_plan_cuts_short_the_one_before_and_replaces_what_it_overlaps():
    made = timeline(plans("C F G A"))
    made.accept(replace(plan(9, "E"), onset=1.5), played=1.0)
    assert laid_out(made, 0.0, 6.0) == [("C:maj", 0.0, 1.5), ("E:maj", 1.5, 3.5), ("E:maj", 3.5, 4.0), ("G:maj", 4, 6)]


def test_a_missing_plan_is_bridged_beat_by_beat_ever_thinner_but_never_by_silence():
    made = timeline([plan(0, loudness=0.3, density=12)])
    bridges = [each for each, *_ in made.spans(0.0, 20.0)][1:]
    assert [each.onset for each in bridges] == [float(beat) for beat in range(2, 20)]
    densities = [each.dynamics.note_density for each in bridges]
    assert densities == sorted(densities, reverse=True)
    assert densities[0] < 12 and densities[-1] == 4
    assert bridges[-1].dynamics.loudness == 0.06


def test_a_bridge_makes_nothing_denser_or_louder():
    made = timeline([plan(0, loudness=0.01, density=1)])
    dynamics = [each.dynamics for each, *_ in made.spans(0.0, 9.0)]
    assert set(dynamics) == {plan(0, loudness=0.01, density=1).dynamics}


def test_a_late_plan_takes_over_at_the_next_beat_and_one_that_is_over_is_left_out():
    made = timeline([plan(0)])
    list(made.spans(0.0, 2.4))
    made.accept(plan(1, "F"), played=2.4)
    assert laid_out(made, 2.4, 4.0) == [("C:maj", 2.4, 3.0), ("F:maj", 3.0, 4.0)]
    made.accept(plan(1, "G"), played=4.5)
    assert made.at(3.5).chord == Chord.parse("F")


def test_the_same_chord_is_tied_within_a_bar_only_and_only_at_like_dynamics():
    made = timeline(plans("C C C F F"))
    assert [made.tied_until(made.at(2.0 * step)) for step in range(5)] == [4, 4, 6, 8, 10]
    louder = timeline([plan(0, loudness=0.1), plan(1, loudness=0.3)])
    assert louder.tied_until(louder.at(0)) == 2


def test_a_cadence_replaces_what_was_planned_and_ends():
    made = timeline(plans("C F G C"))
    made.close([Chord.parse("G:7"), Chord.parse("C")], begin=4.0)
    made.accept(plan(9), played=4.0)
    assert laid_out(made, 2.0, 99.0) == [("F:maj", 2, 4), ("G:7", 4, 6), ("C:maj", 6, 10)]
    assert end_of(made.final) == 10


def test_what_was_long_ago_is_forgotten_but_never_the_last_plan():
    made = timeline(plans("C F G A"))
    made.forget(1000.0)
    assert made.at(0.5) is None
    assert made.at(1000.0) == plan(3, "A")


def test_what_comes_after_a_cadence_is_kept_for_when_it_is_reopened():
    made = timeline(plans("C F"))
    made.close([Chord.parse("C")], begin=4.0)
    made.accept(replace(plan(3, "G"), duration=4.0), played=4.0)
    made.accept(plan(5, "A"), played=4.0)
    assert laid_out(made, 4.0, 99.0) == [("C:maj", 4, 8)]
    assert made.after(4.0) is None
    made.reopen()
    assert laid_out(made, 8.0, 12.0) == [("G:maj", 8, 10), ("A:maj", 10, 12)]


def test_a_plan_that_is_cut_begins_there_unless_little_of_it_is_left():
    made = timeline(plans("C F"))
    made.cut(0.75)
    assert made.at(1.0).onset == 0.75
    made.cut(3.75)
    assert made.at(3.9).onset == 2.0


def test_bridges_begin_near_where_they_are_needed():
    made = timeline([plan(0)])
    assert [each.onset for each, *_ in made.spans(9.25, 11.0)] == [9.0, 10.0]
