import pytest

from stream_v2m.core.values import Cue
from stream_v2m.music.gesture import NEUTRAL_MOTION, Gesture

pytestmark = pytest.mark.unit


def seen(*cues):
    gesture = Gesture()
    for cue in cues:
        gesture.see(cue)
    return gesture


def test_without_cues_motion_is_neutral_and_nothing_is_still():
    gesture = seen()
    assert (gesture.motion(5.0), gesture.stillness()) == (NEUTRAL_MOTION, 0.0)


def test_motion_rises_at_once_falls_soon_and_is_forgotten_when_cues_stay_away():
    gesture = seen(Cue(0.0, 0.1), Cue(0.04, 0.9))
    assert gesture.motion(0.04) == 0.9
    gesture.see(Cue(0.29, 0.1))
    assert 0.3 < gesture.motion(0.29) < 0.5
    gesture.see(Cue(2.0, 0.1))
    assert gesture.motion(2.0) == pytest.approx(0.1, abs=0.01)
    assert gesture.motion(99.0) == NEUTRAL_MOTION


def test_stillness_comes_slowly_and_ends_with_the_first_move():
    gesture = seen(*(Cue(float(second), 0.05) for second in range(9)))
    assert 0.4 < gesture.stillness() < 0.7
    gesture.see(Cue(9.0, 0.5))
    assert gesture.stillness() == 0.0


def test_a_zone_moves_and_rests_for_itself_as_far_as_it_is_listened_to():
    gesture = Gesture(["left", "right"])
    for second in range(9):
        gesture.see(Cue(float(second), 0.5, zones=(0.9, 0.0)))
    assert gesture.motion(8.0, "left") == 0.9
    assert gesture.motion(8.0, "right") == pytest.approx(0.0, abs=0.02)
    assert gesture.motion(8.0, "left", 0.5) == pytest.approx(0.7)
    assert gesture.motion(8.0, "elsewhere") == gesture.motion(8.0, "left", 0.0) == gesture.motion(8.0) == 0.5
    assert gesture.stillness("right") > 0.4
    assert gesture.stillness("left") == gesture.stillness() == 0.0
