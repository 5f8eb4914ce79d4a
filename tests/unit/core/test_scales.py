"""Scales: their notes on a tonic, and the harmony that a small one borrows."""

from __future__ import annotations

from typing import get_args

import pytest

from stream_v2m.core.chords import Key
from stream_v2m.core.scales import SCALES, ScaleName, harmony_classes, in_scale, pitch_classes

pytestmark = pytest.mark.unit


def test_without_a_scale_the_notes_are_the_keys():
    assert pitch_classes(Key(3, "minor"), None) == Key(3, "minor").scale


def test_d_dorian_has_the_notes_of_c_major_and_sounds_minor():
    assert set(pitch_classes(Key(2, "major"), "dorian")) == set(Key(0, "major").scale)
    assert in_scale(Key(2, "major"), "dorian") == Key(2, "minor")


def test_a_pentatonic_melody_stands_over_the_chords_of_the_seven_note_scale():
    key = Key(9, "minor")
    assert len(pitch_classes(key, "minor_pentatonic")) == 5
    assert harmony_classes(key, "minor_pentatonic") == key.scale


@pytest.mark.parametrize("name", get_args(ScaleName))
def test_every_scale_rises_within_an_octave_from_its_tonic(name: ScaleName):
    steps = SCALES[name]
    assert steps[0] == 0 and steps[-1] < 12
    assert list(steps) == sorted(set(steps))
