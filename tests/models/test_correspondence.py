"""Correspondence metrics against values worked out by hand, and that what is measured is what is played."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from models.correspond import affect_agreement, asked_sounded, matching, music_courses, sounding, steps
from models.correspond_plot import draw
from models.metrics import correspondence
from models.performances import Choice, Chooser, film, film_of, perform, surprise
from stream_v2m.core.chords import Chord
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Affect, Cue, Dynamics, Event, NoteEvent, StepPlan
from stream_v2m.inference.contract import LOGITS

pytestmark = pytest.mark.models


def mood(emotion):
    return Affect(tuple(float(name == emotion) for name in EMOTIONS), 0.0, 0.0)


def test_the_table_says_which_chords_agree_and_nothing_of_neutral():
    assert correspondence.agrees(Chord.parse("C:maj"), "relaxing") is True
    assert correspondence.agrees(Chord.parse("C:maj"), "sad") is False
    assert correspondence.agrees(Chord.parse("C:maj"), "neutral") is None
    assert correspondence.agrees(Chord.parse("N"), "sad") is None


def test_a_second_is_its_mean_but_for_the_largest_and_an_empty_one_like_the_last():
    found = correspondence.by_second([0.1, 0.2, 0.9, 2.5, 2.6], [1.0, 2.0, 9.0, 4.0, 0.5], 4)
    assert found.tolist() == [1.5, 1.5, 0.5, 0.5]


def test_likeness_is_the_mean_correlation_and_a_constant_course_has_none():
    up, down, flat = np.array([1.0, 2, 3]), np.array([3.0, 2, 1]), np.ones(3)
    scores = correspondence.likeness([up, down], [(up, flat), (down, down)])
    assert scores == pytest.approx(np.array([[0.5, -1.0], [-0.5, 1.0]]))


def test_matching_takes_the_highest_sum_not_the_highest_of_each():
    scores = np.array([[0.9, 0.8, 0.0], [0.85, 0.1, 0.0], [0.0, 0.0, 0.1]])
    assert correspondence.match(scores) == [1, 0, 2]


def test_chance_of_fixed_points_is_exact():
    # of the 6 permutations of 3: 2 without, 3 with one, 1 with three fixed points
    assert correspondence.chance_of(0, 3) == pytest.approx(1.0)
    assert correspondence.chance_of(1, 3) == pytest.approx(4 / 6)
    assert correspondence.chance_of(3, 3) == pytest.approx(1 / 6)


def test_mean_rank_shares_ties():
    assert correspondence.mean_rank(np.array([[0.5, 0.9], [0.1, 0.2]])) == 1.5
    assert correspondence.mean_rank(np.zeros((3, 3))) == 2.0


def test_cohens_d_is_in_pooled_standard_deviations():
    assert correspondence.cohens_d(np.array([3.0, 5.0]), np.array([1.0, 3.0])) == pytest.approx(2 / math.sqrt(2))
    assert math.isnan(correspondence.cohens_d(np.ones(2), np.ones(2)))


def test_surprise_is_in_nats_among_the_chords_alone():
    logits = np.full(LOGITS, -50.0, np.float32)
    logits[[3, 4]] = 0.0
    logits[157] = 9.0  # END is no chord
    assert surprise(logits, 3) == pytest.approx(math.log(2))


def test_agreement_counts_no_neutral_step_and_cost_is_against_strength_zero():
    major, minor = Chord.parse("C:maj"), Chord.parse("A:min")
    own = {
        0.0: [Choice(major, mood("sad"), True, 1.0), Choice(major, mood("neutral"), False, 1.0)],
        1.0: [Choice(minor, mood("sad"), True, 2.0), Choice(major, mood("neutral"), True, 3.0)],
    }
    found = affect_agreement(own)
    assert (found["0"]["steps"], found["0"]["agreement"], found["1"]["agreement"]) == (1, 0.0, 1.0)
    assert found["1"]["added_surprise"] == 1.5


def trace(loudness, density, velocity, count):
    """Steps of one second, each with its level asked and its notes sounded."""
    found = Trace("t")
    for second, asked in enumerate(zip(loudness, density, velocity, count, strict=True)):
        plan = StepPlan(second, second * 2.0, 2.0, Chord.parse("C"), Dynamics(*asked[:2]), None)
        found.plans.append((float(second), 1.0, plan))
        found.notes += [NoteEvent(second + 0.1 * i, 0.1, 60, asked[2], "pad") for i in range(asked[3])]
    return found


def test_asked_and_sounded_are_compared_step_by_step():
    found = asked_sounded([trace([0.1, 0.2, 0.3], [1, 2, 3], [40, 60, 80], [3, 2, 1])])
    assert found["loudness"] == pytest.approx(1.0) and found["density"] == pytest.approx(-1.0)
    assert (found["density_asked"], found["density_sounded"]) == (2.0, 2.0)


def test_steps_tell_onsets_velocity_register_and_mode():
    found = steps(trace([0.1, 0.2], [1, 2], [40, 60], [3, 2]))
    assert {name: values.tolist() for name, values in found.items()} == {
        "density": [3.0, 2.0],
        "velocity": [40.0, 60.0],
        "register": [60.0, 60.0],
        "mode": [1.0, 1.0],
    }


def test_what_sounds_is_compared_with_the_mood_meanwhile_and_after_a_cut():
    found = trace([0.1] * 8, [1.0] * 8, [40] * 8, [0] * 8)
    minor = Chord.parse("A:min")
    found.plans[6:] = [(onset, length, replace(plan, chord=minor)) for onset, length, plan in found.plans[6:]]
    found.affects = [(tenth / 10, mood("relaxing" if tenth < 40 else "sad")) for tenth in range(81)]
    found.events = [Cue(4.0, 0.5, Event.CUT, 3.93)]
    report = sounding([found])
    assert report["moments"] == pytest.approx(40, abs=1)
    assert report["agreement"] == pytest.approx((4 + 0 + 2) / 8, abs=0.03)
    assert report["after_cut"] == pytest.approx({f"{half / 2:g} s": float(half >= 4) for half in range(8)}, abs=0.01)


def test_music_that_follows_its_picture_is_matched():
    rng = np.random.default_rng(0)
    motions = [rng.integers(1, 9, 12).astype(float) for _ in range(6)]
    traces = [trace(motion, motion, [10 * int(x) for x in motion], motion.astype(int)) for motion in motions]
    assert music_courses(traces[0], 12)[0].tolist() == motions[0].tolist()
    found = matching(motions, traces)
    assert found["accuracy"] == 1.0 and found["mean_rank"] == 1.0 and found["correlation_own"] == pytest.approx(1.0)


def test_chords_chosen_without_notes_are_those_of_the_performance():
    reel, chooser = film(4, 16.0), Chooser()
    played = [plan.chord for _, _, plan in perform(reel, seed=5).plans]
    chosen = [choice.chord for choice in chooser.choose(chooser.windows(reel), seed=5)]
    assert len(played) >= 15
    assert chosen == played


def test_a_film_of_one_mood_is_that_mood():
    reel = film_of(("deep",), 0, 3.0)
    times, changes = reel.motion()
    assert len(reel.kept) == 90 and len(times) == len(changes) == 89
    assert np.mean(changes) < np.mean(film_of(("neon",), 0, 3.0).motion()[1])


def test_the_picture_of_a_report_is_drawn(tmp_path):
    row = {"agreement": 0.5, "agreement_at_changes": 0.6, "added_surprise": 0.0}
    effects = dict.fromkeys(("density", "velocity", "register", "mode"), 1.0)
    swaps = {name: {"films": effects, "same film, other seeds": effects} for name in ("a", "b")}
    sounded = {"loudness": 0.5, "density": 0.4}
    report = {
        "affect": {"0": row, "1": row | {"added_surprise": 0.3}},
        "matching": {"defaults": {"scores": [[0.5, 0.1], [0.0, 0.4]], "right": 2, "clips": 2}},
        "swap": swaps,
        "asked_sounded": {"defaults": sounded, "no cues": sounded},
    }
    draw(report, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
