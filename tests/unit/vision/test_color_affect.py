"""The estimator that needs no model."""

from dataclasses import replace

import pytest

from stream_v2m.core.values import Affect, Frame
from stream_v2m.vision.affect import Measures
from stream_v2m.vision.color import Color
from stream_v2m.vision.color_affect import ColorAffect, ColorConfig
from tests.support.scenes import frames, plain

pytestmark = pytest.mark.unit

RATE = 30.0
USUAL = Color(brightness=0.42, saturation=0.20, contrast=0.3, warmth=0.0)
(FRAME,) = frames([plain(128)])


def seen(color: Color, *, motion: float = 0.16, cuts: float = 6.0, elapsed: float = 1 / RATE) -> Measures:
    return Measures(elapsed, color, motion, cuts)


def first(color: Color, *, motion: float = 0.16, cuts: float = 6.0) -> Affect:
    return ColorAffect(ColorConfig()).estimate(FRAME, seen(color, motion=motion, cuts=cuts)).affect


def test_a_usual_picture_is_neutral():
    affect = first(USUAL)
    assert affect.emotion == "neutral"
    assert abs(affect.valence) < 0.1 and abs(affect.arousal) < 0.1


def test_brighter_is_more_pleasant_and_darker_less():
    dark, usual, bright = (first(replace(USUAL, brightness=value)).valence for value in (0.1, 0.42, 0.8))
    assert dark < -0.5 < usual < 0.5 < bright


def test_more_colourful_is_more_pleasant_and_more_exciting():
    grey, vivid = first(replace(USUAL, saturation=0.0)), first(replace(USUAL, saturation=0.6))
    assert vivid.valence > grey.valence + 0.1 and vivid.arousal > grey.arousal + 0.1


def test_many_vivid_hues_are_more_pleasant_than_one_and_in_the_dark_too():
    for brightness in (0.15, 0.42):
        one, many = (first(replace(USUAL, brightness=brightness, variety=variety)).valence for variety in (0.0, 0.5))
        assert many > one + 0.2


def test_warm_is_more_pleasant_than_cold():
    assert first(replace(USUAL, warmth=0.1)).valence > first(replace(USUAL, warmth=-0.1)).valence + 0.1


def test_motion_and_cuts_raise_arousal_and_leave_valence_alone():
    still, moving = first(USUAL, motion=0.0), first(USUAL, motion=0.8)
    slow, fast = first(USUAL, cuts=0.0), first(USUAL, cuts=30.0)
    assert moving.arousal > still.arousal + 0.5 and fast.arousal > slow.arousal + 0.2
    assert moving.valence == still.valence and fast.valence == slow.valence


@pytest.mark.parametrize("luma", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("contrast", [0.0, 0.05])
def test_a_blank_picture_has_no_mood(luma: float, contrast: float):
    affect = first(Color(luma, 0.0, contrast, 0.0), motion=0.0, cuts=0.0)
    assert (affect.valence, affect.arousal, affect.emotion) == (0.0, 0.0, "neutral")


def test_as_a_picture_comes_up_from_black_its_mood_comes_with_it():
    valences = [first(Color(0.1, 0.1, contrast, 0.0)).valence for contrast in (0.0, 0.05, 0.08, 0.1, 0.12, 0.3)]
    assert 0.0 == valences[0] == valences[1] > valences[2] > valences[3] > valences[4]
    assert valences[4] == pytest.approx(valences[5])
    assert valences[5] < -0.5


def test_a_blackout_does_not_make_what_follows_seem_bright():
    estimator = ColorAffect(ColorConfig())
    before = estimator.estimate(FRAME, seen(USUAL)).affect
    for _ in range(300):
        estimator.estimate(FRAME, seen(Color(0.0, 0.0, 0.0, 0.0), elapsed=0.2))
    assert estimator.estimate(FRAME, seen(USUAL, elapsed=1.0)).affect.valence == pytest.approx(before.valence, abs=0.01)


def test_what_is_always_dim_is_not_for_ever_sad_unless_frozen():
    dim = replace(USUAL, brightness=0.28)
    moods = {}
    for frozen in (False, True):
        estimator = ColorAffect(ColorConfig())
        estimator.freeze(frozen)
        for _ in range(600):
            affect = estimator.estimate(FRAME, seen(dim, elapsed=0.5)).affect
        moods[frozen] = affect.valence
    assert moods[False] > -0.1
    assert moods[True] == pytest.approx(first(dim).valence, abs=1e-3)
    assert moods[True] < -0.3


def test_what_is_hardly_seen_hardly_counts():
    shown, blank = (
        ColorAffect(ColorConfig()).estimate(FRAME, seen(replace(USUAL, contrast=contrast))).confidence
        for contrast in (0.3, 0.03)
    )
    assert 0 == blank < shown < 1


def test_black_never_becomes_bright():
    estimator = ColorAffect(ColorConfig())
    for _ in range(2000):
        affect = estimator.estimate(FRAME, seen(replace(USUAL, brightness=0.03), elapsed=0.5)).affect
    assert affect.valence < -0.4


def test_it_needs_no_picture_but_what_was_measured():
    assert ColorAffect.info.name == "color" and not ColorAffect.info.semantics

    def refuse(width: int, height: int) -> None:
        raise AssertionError

    ColorAffect(ColorConfig()).estimate(Frame(0.0, plain(0), refuse), seen(USUAL))  # type: ignore[arg-type]
