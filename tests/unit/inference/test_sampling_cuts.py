"""What a cut asks of the harmony: a cadence, as far as its strength says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.commands import Controls
from stream_v2m.core.features import SCENE_OFFSET, Condition
from stream_v2m.core.scales import harmony_classes
from stream_v2m.inference.composer import CutWatch
from stream_v2m.inference.sampling import Sampler, SamplerConfig
from stream_v2m.vision.window import absent_window

pytestmark = pytest.mark.unit

C = Key.parse("C")
HOME, WAYS_HOME = ("C:maj", "C:maj7"), ("G:maj", "G:7", "F:maj")
POP = {
    "C": 2.0, "F": 1.6, "G": 1.7, "A:min": 1.5, "D:min": 0.8, "E:min": 0.6, "D:min7": -0.6, "A:min7": -0.6,
    "G:7": -0.5, "C:maj7": -0.8, "F:maj7": -0.7, "Bb": -0.5, "E": -1.0, "G:sus4": -1.6,
}  # fmt: skip


def cut_to(chord, sampler, controls, *, cut=True, seeds=40):
    """What follows a cut while ``chord`` sounds in C: two steps for each seed."""
    found = []
    for seed in range(seeds):
        seeded = replace(controls, seed=seed)
        state = sampler.start(seeded, None)
        state.previous, state.repeats, state.key, state.home = Chord.parse(chord, C), 1, C, C
        two = []
        for step in range(2):
            logits = np.full(159, -6.0, np.float32)
            logits[[Chord.parse(name).index for name in POP]] = list(POP.values())
            logits[sampler.previous_label(state)] = 2.5
            place = {"bar_position": 0.5 * step, "cut": cut and step == 0}
            two.append(str(sampler.choose(logits, state, affect=None, controls=seeded, **place)))
        found.append(tuple(two))
    return found


def test_a_cut_brings_a_cadence_as_often_as_its_strength_says():
    sampler, shares = Sampler(SamplerConfig()), []
    for strength in (0.0, 0.5, 1.0):
        found = cut_to("A:min", sampler, Controls(affect_strength=0.0, cut_cadence=strength))
        shares.append(np.mean([first in WAYS_HOME and second in HOME for first, second in found]))
    assert shares[0] < 0.2 < shares[1] < shares[2]
    assert shares[2] > 0.8


@pytest.mark.parametrize("chord", ["G:maj", "F:maj"])
def test_where_the_fifth_or_the_fourth_sounds_already_a_cut_leads_home_at_once_and_then_on_as_ever(chord):
    found = cut_to(chord, Sampler(SamplerConfig()), Controls(affect_strength=0.0, cut_cadence=1.0))
    assert np.mean([first in HOME for first, _ in found]) > 0.8
    assert len({second for _, second in found}) > 3


def test_a_cut_of_no_strength_and_a_cadence_of_no_weight_change_nothing():
    controls = Controls(affect_strength=0.0)
    uncut = cut_to("A:min", Sampler(SamplerConfig()), controls, cut=False)
    assert cut_to("A:min", Sampler(SamplerConfig()), controls) == uncut
    assert cut_to("A:min", Sampler(SamplerConfig(cadence_weight=0)), replace(controls, cut_cadence=1.0)) == uncut


def test_in_a_locked_scale_the_cadence_of_a_cut_keeps_to_it():
    controls = Controls(affect_strength=0.0, cut_cadence=1.0, scale="mixolydian")
    notes = set(harmony_classes(C, "mixolydian"))
    for two in cut_to("A:min", Sampler(SamplerConfig()), controls):
        assert all(notes.issuperset(Chord.parse(name).pitch_classes) for name in two)


def watched(*seen):
    """Whether each window, by its time and scene offset, tells of a cut; no offset: nothing was seen."""
    watch, found = CutWatch(), []
    for time, offset in seen:
        window = absent_window(time, 1.0)
        if offset is not None:
            window.present[Condition.SCENE_OFFSET], window.features[SCENE_OFFSET] = True, offset
        found.append(watch.happened(window))
    return found


def test_a_scene_that_began_since_the_last_window_is_a_cut_and_the_films_beginning_is_none():
    assert watched((1.0, 0.9), (2.0, 1.9), (3.0, 0.4), (4.0, 1.4), (5.0, 0.2)) == [False, False, True, False, True]


def test_a_cut_that_the_last_window_did_not_know_of_yet_is_told_once():
    assert watched((1.0, 7.0), (2.0, 8.0), (3.0, 1.05), (4.0, 2.05)) == [False, False, True, False]


def test_blind_windows_are_passed_over_and_the_cut_in_them_is_told_after():
    assert watched((1.0, 7.0), (2.0, None), (3.0, None), (4.0, 1.5), (5.0, 2.5)) == [False] * 3 + [True, False]


def test_a_scene_longer_than_its_offset_can_tell_has_no_cuts():
    assert watched((700.1, 600.0), (701.1, 600.0), (702.1, 600.0)) == [False] * 3
