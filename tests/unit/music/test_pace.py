"""The picture's pace bends the tempo slowly, within bounds, and only if asked to."""

from itertools import pairwise

import pytest

from stream_v2m.music.gesture import NEUTRAL_MOTION
from stream_v2m.music.pace import QUICKEST_CHANGE, Pace, PaceConfig

pytestmark = pytest.mark.unit

FRAMES = 10  # a second


def tempi(motion, *, base=120.0, strength=1.0, **config):
    """The tempo at every beat while ``motion(second)`` is seen for two minutes."""
    pace, found = Pace(PaceConfig(**config)), [base]
    due = 0.0
    for frame in range(120 * FRAMES):
        moment = frame / FRAMES
        pace.observe(motion(moment), moment)
        if moment >= due:
            found.append(pace.bpm(base, strength))
            due += 60 / found[-1]
    return found


def test_without_strength_the_tempo_is_left_alone():
    assert set(tempi(lambda _: 1.0, strength=0.0)) == {120.0}


@pytest.mark.parametrize(("motion", "bound"), [(1.0, 1.25), (0.0, 0.8), (NEUTRAL_MOTION, 1.0)])
def test_motion_that_lasts_bends_the_tempo_to_its_bound_and_no_further(motion, bound):
    found = tempi(lambda _: motion)
    assert found[-1] == pytest.approx(120 * bound, rel=0.01)
    assert min(found) >= 120 * 0.8 - 1e-9 and max(found) <= 120 * 1.25 + 1e-9


def test_half_the_strength_bends_half_as_far():
    assert tempi(lambda _: 1.0, strength=0.5)[-1] == pytest.approx(120 * 1.25**0.5, rel=0.01)


def test_the_tempo_changes_by_at_most_one_percent_a_beat_whatever_is_seen():
    found = tempi(lambda second: float(second // 7 % 2), average_s=1.0)
    assert all(abs(later / earlier - 1) <= QUICKEST_CHANGE * 1.2 for earlier, later in pairwise(found))
    assert max(found) / min(found) > 1.1


def test_a_flash_of_motion_hardly_matters_and_a_minute_of_it_does():
    assert max(tempi(lambda second: 1.0 if 10 < second < 11 else NEUTRAL_MOTION)) < 122
    assert max(tempi(lambda second: 1.0 if 10 < second < 70 else NEUTRAL_MOTION)) > 140


def test_a_gap_in_the_picture_is_no_leave_to_leap():
    pace = Pace(PaceConfig())
    pace.observe(1.0, 0.0)
    pace.observe(1.0, 600.0)
    assert pace.bpm(120.0, 1.0) <= 120 * (1 + QUICKEST_CHANGE) ** 2


def test_a_tempo_that_is_set_anew_is_bent_by_the_same_share_at_once():
    pace = Pace(PaceConfig())
    for second in range(100):
        pace.observe(1.0, second)
        pace.bpm(120.0, 1.0)
    assert pace.bpm(60.0, 1.0) == pytest.approx(pace.bpm(120.0, 1.0) / 2)
