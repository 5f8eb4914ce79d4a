import pytest

from stream_v2m.core.values import Cue, Event
from stream_v2m.music.gesture import NEUTRAL_MOTION, Gesture

pytestmark = pytest.mark.unit


def seen(*cues):
    gesture = Gesture()
    return gesture, [gesture.see(cue) for cue in cues]


def test_without_cues_motion_is_neutral_and_nothing_is_still():
    gesture, _ = seen()
    assert (gesture.motion(5.0), gesture.stillness()) == (NEUTRAL_MOTION, 0.0)


def test_motion_rises_at_once_falls_soon_and_is_forgotten_when_cues_stay_away():
    gesture, _ = seen(Cue(0.0, 0.1), Cue(0.04, 0.9))
    assert gesture.motion(0.04) == 0.9
    gesture.see(Cue(0.29, 0.1))
    assert 0.3 < gesture.motion(0.29) < 0.5
    gesture.see(Cue(2.0, 0.1))
    assert gesture.motion(2.0) == pytest.approx(0.1, abs=0.01)
    assert gesture.motion(99.0) == NEUTRAL_MOTION


def test_stillness_comes_slowly_and_ends_with_the_first_move():
    gesture, _ = seen(*(Cue(float(second), 0.05) for second in range(9)))
    assert 0.4 < gesture.stillness() < 0.7
    gesture.see(Cue(9.0, 0.5))
    assert gesture.stillness() == 0.0


@pytest.mark.parametrize("confirmed", [Event.CUT, Event.FLASH])
def test_a_hit_and_what_confirms_it_are_one_accent(confirmed):
    _, asked = seen(Cue(1.0, 0.5, Event.HIT, 1.0), Cue(1.08, 0.5, confirmed, 1.0))
    assert asked == [True, False]


def test_a_hit_within_the_gap_is_none_and_its_confirmation_is_none_either():
    _, asked = seen(
        Cue(1.0, 0.5, Event.HIT, 1.0), Cue(1.2, 0.5, Event.HIT, 1.2), Cue(1.3, 0.5, Event.CUT, 1.2), Cue(1.4, 0.5)
    )
    assert asked == [True, False, False, False]


def test_events_apart_are_accented_each_and_a_cut_without_its_hit_too():
    _, asked = seen(Cue(1.0, 0.5, Event.HIT), Cue(1.5, 0.5, Event.HIT), Cue(2.5, 0.5, Event.CUT, 2.42))
    assert asked == [True, True, True]
