import math

import pytest

from stream_v2m.vision.ranging import Centre, Range, RangeConfig

pytestmark = pytest.mark.unit

PRIOR = 14.0


def fed(ranged: Range, value: float, seconds: float, *, rate_hz: float = 30.0) -> float:
    last = math.nan
    for _ in range(round(seconds * rate_hz)):
        last = ranged(value, 1 / rate_hz)
    return last


def new() -> Range:
    return Range(RangeConfig(), prior=PRIOR)


def test_at_first_the_prior_is_the_top_and_nothing_is_the_bottom():
    assert new()(PRIOR, 1 / 30) == pytest.approx(1.0, abs=0.02)
    assert new()(PRIOR / 2, 1 / 30) == pytest.approx(0.5, abs=0.02)
    assert new()(0.0, 1 / 30) == 0.0


def test_whatever_comes_the_place_is_between_0_and_1():
    ranged = new()
    places = [ranged(value, elapsed) for value in (0.0, 1e-9, 3.0, 255.0, 1e6) for elapsed in (0.0, 0.03, 5.0, 1e4)]
    assert all(0.0 <= place <= 1.0 for place in places)


def test_a_distant_dancer_is_heard_after_a_while_but_a_loud_moment_is_not_forgotten_at_once():
    ranged = new()
    dancer = 2.0
    assert ranged(dancer, 1 / 30) < 0.16
    assert fed(ranged, dancer, 10.0) < 0.25
    assert fed(ranged, dancer, 110.0) > 0.7


def test_next_to_nothing_does_not_become_much_however_long_it_lasts():
    assert fed(new(), 0.1, 600.0, rate_hz=10) < 0.15


def test_a_pause_is_not_forgetting():
    ranged = new()
    fed(ranged, 30.0, 60.0)
    before = ranged(10.0, 0.0)
    fed(ranged, 0.0, 600.0, rate_hz=10)
    assert ranged(10.0, 0.0) == before


def test_what_is_always_the_same_does_not_fall_silent():
    assert fed(new(), 2.0, 900.0, rate_hz=10) > 0.5


def test_a_wild_picture_leaves_room_above_the_prior():
    ranged = new()
    fed(ranged, 3 * PRIOR, 60.0)
    assert ranged(PRIOR, 1 / 30) < 0.4


def test_frozen_it_stands_still_and_thawed_it_follows_again():
    ranged = new()
    ranged.frozen = True
    first = ranged(5.0, 1 / 30)
    assert fed(ranged, 5.0, 100.0) == first
    ranged.frozen = False
    assert fed(ranged, 5.0, 100.0) > first


def test_the_frame_rate_does_not_matter():
    places = []
    for rate_hz in (15, 30, 60):
        ranged = new()
        for number in range(60 * rate_hz):
            ranged(2.0 + 2.0 * math.sin(number / rate_hz), 1 / rate_hz)
        places.append(ranged(3.0, 1 / rate_hz))
    assert places == pytest.approx([places[0]] * 3, rel=0.05)


def test_a_centre_strays_from_its_prior_by_its_limit_at_most():
    centre = Centre(0.4, limit=0.1, memory_s=10.0)
    for _ in range(3000):
        centre.follow(1.0, 1 / 30)
    assert centre.value == pytest.approx(0.5)


def test_a_centre_comes_two_thirds_of_the_way_in_its_memory_at_any_frame_rate():
    for rate_hz in (15, 60):
        centre = Centre(0.0, limit=1.0, memory_s=10.0)
        for _ in range(10 * rate_hz):
            centre.follow(0.5, 1 / rate_hz)
        assert centre.value == pytest.approx(0.5 * (1 - math.exp(-1)), rel=1e-3)


def test_a_frozen_centre_stands_still():
    centre = Centre(0.4, limit=0.1, memory_s=10.0)
    centre.frozen = True
    centre.follow(1.0, 1.0)
    assert centre.value == 0.4
