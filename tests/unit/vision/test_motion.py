from collections.abc import Callable

import numpy as np
import pytest

from stream_v2m.vision.motion import MotionMeter
from tests.support.scenes import Scene, Small, filmed, noisy, plain

pytestmark = pytest.mark.unit

# The reference interval cannot be met exactly at every rate, and the growth with displacement depends on the picture.
RATE_TOLERANCE = 0.12

SCENE = Scene(1)


def measured(picture_at: Callable[[float], Small], seconds: float, rate_hz: float) -> list[float]:
    meter = MotionMeter()
    return [meter.measure(frame.small[0], frame.time) for frame in filmed(picture_at, seconds, rate_hz=rate_hz)]


def panning(time: float) -> Small:
    return SCENE.at(x=60 * time)


def still(time: float) -> Small:
    return SCENE.at()


def test_the_unit_is_the_mean_absolute_difference_at_25_frames_a_second():
    meter = MotionMeter()
    meter.measure(plain(100)[0], 0.0)
    assert meter.measure(plain(112)[0], 1 / 25) == pytest.approx(12.0)
    assert meter.measure(plain(100)[0], 2 / 25) == pytest.approx(12.0)


def test_the_first_frame_has_no_motion_and_a_still_picture_none():
    assert measured(still, 1.0, 30) == [0.0] * 30


@pytest.mark.parametrize("rate_hz", [12, 15, 24, 30, 50, 60, 120])
def test_the_same_movement_gives_the_same_motion_at_any_frame_rate(rate_hz: float):
    reference = float(np.mean(measured(panning, 1.0, 25)[1:]))
    assert reference > 2
    motion = float(np.mean(measured(panning, 1.0, rate_hz)[2:]))
    assert motion == pytest.approx(reference, rel=RATE_TOLERANCE)


@pytest.mark.parametrize(("filmed_hz", "sent_hz"), [(15, 30), (30, 60), (24, 30), (24, 60)])
def test_repeated_frames_change_neither_the_mean_nor_make_it_flicker(filmed_hz: int, sent_hz: int):
    reference = float(np.mean(measured(panning, 1.0, 25)[1:]))
    motion = measured(lambda time: panning(int(time * filmed_hz + 1e-6) / filmed_hz), 1.0, sent_hz)[5:]
    assert float(np.mean(motion)) == pytest.approx(reference, rel=RATE_TOLERANCE)
    assert min(motion) > reference / 2


def test_what_stops_is_still_after_a_tenth_of_a_second():
    motion = measured(lambda time: panning(min(time, 0.5)), 1.0, 30)
    assert motion[15] > 1
    assert max(motion[20:]) == 0.0


def test_what_moves_after_a_long_stillness_moves_at_once():
    motion = measured(lambda time: panning(max(0.0, time - 2.0)), 3.0, 30)
    assert max(motion[:60]) == 0.0
    assert motion[61] == pytest.approx(motion[80], rel=0.5)


def test_faster_is_more():
    speeds = [
        float(np.mean(measured(lambda time, s=speed: SCENE.at(x=s * time), 0.4, 30)[1:])) for speed in (15, 45, 135)
    ]
    assert speeds[0] < 0.7 * speeds[1] < 0.7 * 0.7 * speeds[2] * 1.2


def test_a_gap_says_nothing_of_motion():
    meter = MotionMeter()
    meter.measure(SCENE.at()[0], 0.0)
    assert meter.measure(SCENE.at(x=50)[0], 3.0) == 0.0
    assert meter.measure(SCENE.at(x=51)[0], 3.04) > 0.5


def test_after_a_restart_the_last_motion_stands_and_the_old_picture_is_forgotten():
    meter = MotionMeter()
    for frame in filmed(panning, 0.5, rate_hz=60):
        before = meter.measure(frame.small[0], frame.time)
    other = Scene(2)
    meter.restart()
    assert meter.measure(other.at()[0], 0.5) == before
    assert meter.measure(other.at(x=0.5)[0], 0.5 + 1 / 60) < 2 * before


def test_noise_of_the_sensor_is_little():
    rng = np.random.default_rng(0)
    assert max(measured(lambda time: noisy(SCENE.at(), rng, 1.0), 0.5, 30)) < 1.5


def energy(picture_at: Callable[[float], Small], seconds: float, rate_hz: float = 30.0) -> float:
    """The mean over the last second."""
    meter, energies = MotionMeter(), []
    for frame in filmed(picture_at, seconds, rate_hz=rate_hz):
        meter.measure(frame.small[0], frame.time)
        energies.append(meter.energy)
    return float(np.mean(energies[-round(rate_hz) :]))


def dancing(time: float) -> Small:
    """Someone of 6 × 12 pixels, far away, before a wall."""
    small = SCENE.at().copy()
    x = 70 + round(30 * np.sin(5 * time))
    small[0, 40:52, x : x + 6] = 255 - small[0, 40:52, x : x + 6]
    return small


@pytest.mark.parametrize("rate_hz", [15.0, 60.0])
def test_noise_of_the_sensor_is_learnt_and_taken_off_the_energy(rate_hz: float):
    rng = np.random.default_rng(0)
    noise = [noisy(SCENE.at(), rng, 1.0) for _ in range(16)]
    assert energy(lambda time: noise[round(time * 60) % 16], 1.0, rate_hz) > 0.3
    assert energy(lambda time: noise[round(time * 60) % 16], 40.0, rate_hz) < 0.1


def test_a_distant_dancer_stands_out_of_the_noise():
    rng = np.random.default_rng(0)
    clear = energy(dancing, 2.0)
    assert clear > 0.15
    assert energy(lambda time: noisy(dancing(time), rng, 1.0), 40.0, 10.0) > clear / 2


def test_what_never_stops_moving_does_not_fall_silent():
    meter = MotionMeter()
    energies = []
    for frame in filmed(lambda time: SCENE.at(x=60 * time), 60.0, rate_hz=15):
        meter.measure(frame.small[0], frame.time)
        energies.append(meter.energy)
    assert min(energies[-30:]) > energies[15] / 4


def test_frozen_the_noise_is_not_learnt():
    rng = np.random.default_rng(0)
    energies = []
    for frozen in (True, False):
        meter = MotionMeter()
        meter.frozen = frozen
        for frame in filmed(lambda time: noisy(SCENE.at(), rng, 1.0), 10.0, rate_hz=15):
            meter.measure(frame.small[0], frame.time)
        energies.append(meter.energy)
    assert energies[0] > 1.2 * energies[1]


def test_a_repeat_that_a_codec_has_changed_a_little_is_a_repeat():
    meter = MotionMeter()
    meter.measure(plain(100)[0], 0.0)
    motion = meter.measure(plain(110)[0], 1 / 25)
    assert meter.measure(plain(111)[0], 2 / 25) == motion


def test_two_frames_of_one_moment_do_no_harm():
    meter = MotionMeter()
    meter.measure(plain(100)[0], 0.0)
    assert meter.measure(plain(150)[0], 0.0) == 0.0
    assert 0.0 <= meter.measure(plain(160)[0], 1 / 30) <= 255.0


def test_motion_never_leaves_the_datas_range():
    meter = MotionMeter()
    meter.measure(plain(0)[0], 0.0)
    assert meter.measure(plain(255)[0], 1e-4) == 255.0
