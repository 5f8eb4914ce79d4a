"""Direction: where to what moves goes."""

import numpy as np
import pytest

from stream_v2m.core.values import Cue
from stream_v2m.vision.observer import Observer, VisionConfig
from tests.support.scenes import Scene, Small, exposed, filmed, noisy, plain

pytestmark = pytest.mark.unit

A = Scene(0)


def last(picture_at, seconds: float = 1.0, rate_hz: float = 30.0) -> Cue:
    observer = Observer(VisionConfig())
    return [observer.see(frame, span=1.0) for frame in filmed(picture_at, seconds, rate_hz=rate_hz)][-1].cues[0]


@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_direction_and_the_speed_of_a_pan_are_told_at_any_frame_rate(seed: int, rate_hz: float):
    scene = Scene(seed)
    for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        flow = last(lambda time, r=right, d=down: scene.at(x=-30 * r * time, y=-30 * d * time), rate_hz=rate_hz).flow
        assert flow == pytest.approx((30 / 80 * right, 30 / 80 * down), abs=0.15)


@pytest.mark.parametrize("pixels_a_second", [80, 150, 300])
def test_the_direction_of_a_quick_move_is_told_too(pixels_a_second: float):
    assert last(lambda time: A.at(x=-pixels_a_second * time)).flow == pytest.approx((1.0, 0.0), abs=0.15)


def test_a_small_thing_that_crosses_a_still_picture_gives_its_direction():
    def picture_at(time: float) -> Small:
        picture = A.at().copy()
        place = 20 + round(50 * time)
        picture[0, 30:60, place : place + 16] = 250
        return picture

    right, down = last(picture_at).flow
    assert right > 0.1 > 3 * abs(down)


def test_what_does_not_move_has_no_direction_nor_has_noise_or_the_light():
    rng = np.random.default_rng(0)
    for picture_at in (
        lambda time: A.at(),
        lambda time: plain(40),
        lambda time: noisy(A.at(), rng, 5.0),
        lambda time: exposed(A.at(), 0.8 + 0.2 * time),
    ):
        assert last(picture_at).flow == pytest.approx((0.0, 0.0), abs=0.06)
