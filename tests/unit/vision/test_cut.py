from collections.abc import Callable, Iterable

import numpy as np
import pytest

from stream_v2m.core.values import Event
from stream_v2m.vision.cut import CutConfig, CutDetector
from tests.support.scenes import Scene, Small, exposed, filmed, mixed, noisy, plain

pytestmark = pytest.mark.unit

Told = tuple[Event, float, float]  # event, when it was told, when it began

SCENES = [Scene(seed) for seed in range(8)]
A, B = SCENES[0], SCENES[1]
RATE = 30.0


def told(picture_at: Callable[[float], Small], seconds: float, rate_hz: float = RATE) -> list[Told]:
    detector = CutDetector(CutConfig())
    return [
        (happening.event, frame.time, happening.origin)
        for frame in filmed(picture_at, seconds, rate_hz=rate_hz)
        for happening in detector.see(frame.small, frame.time)
    ]


def events(happenings: Iterable[Told]) -> list[Event]:
    return [event for event, _, _ in happenings]


def switching(*times: float) -> Callable[[float], Small]:
    """Another slowly moving scene from each of ``times`` on."""

    def picture_at(time: float) -> Small:
        number = sum(time > moment - 1e-6 for moment in times)
        return SCENES[number % len(SCENES)].at(x=8 * time)

    return picture_at


def flashing(*times: float, seconds: float = 0.06) -> Callable[[float], Small]:
    def picture_at(time: float) -> Small:
        lit = any(moment - 1e-6 < time < moment + seconds for moment in times)
        return mixed(A.at(), plain(255), 0.9) if lit else A.at()

    return picture_at


def test_a_cut_is_a_hit_in_its_first_frame_and_a_cut_two_frames_later():
    assert told(switching(1.0), 2.0) == [
        (Event.HIT, pytest.approx(1.0), pytest.approx(1.0)),
        (Event.CUT, pytest.approx(1.0 + 2 / RATE), pytest.approx(1.0)),
    ]


def test_a_flash_is_a_hit_in_its_first_frame_and_a_flash_two_frames_later():
    assert told(flashing(1.0), 2.0) == [
        (Event.HIT, pytest.approx(1.0), pytest.approx(1.0)),
        (Event.FLASH, pytest.approx(1.0 + 2 / RATE), pytest.approx(1.0)),
    ]


@pytest.mark.parametrize("rate_hz", [15.0, 25.0, 50.0, 60.0])
def test_cuts_and_flashes_are_told_apart_at_any_frame_rate(rate_hz: float):
    assert events(told(switching(0.5), 1.0, rate_hz)) == [Event.HIT, Event.CUT]
    assert events(told(flashing(0.5), 1.0, rate_hz)) == [Event.HIT, Event.FLASH]


def test_every_one_of_a_series_of_cuts_is_found_with_its_time():
    times = [0.5, 1.0, 2.0, 2.6, 3.5, 4.7, 5.5, 6.0]
    found = told(switching(*times), 6.2, 25.0)
    assert [origin for event, _, origin in found if event is Event.CUT] == pytest.approx(times, abs=1 / 25)
    assert len(found) == 2 * len(times)


def test_a_cut_between_scenes_alike_in_everything_but_colour_is_found():
    pictures = [plain(90, blue=100, red=180), plain(90, blue=190, red=90)]
    assert events(told(lambda time: pictures[time > 0.99], 2.0)) == [Event.HIT, Event.CUT]


def test_a_cut_in_the_midst_of_shake_is_found():
    rng = np.random.default_rng(0)
    assert Event.CUT in events(told(lambda time: SCENES[time > 1.99].at(*rng.uniform(0, 4, 2)), 3.0))


NO_CUT: dict[str, Callable[[float], Small]] = {
    "a still picture": lambda time: A.at(),
    "a plain picture": lambda time: plain(16),
    "a fade to black and back": lambda time: exposed(A.at(), abs(1 - time)),
    "a quick fade to black and back": lambda time: exposed(A.at(), min(1.0, 2 * abs(1 - time))),
    "a dissolve": lambda time: mixed(A.at(), B.at(), min(1.0, max(0.0, time - 0.5))),
    "a step of the exposure up": lambda time: exposed(A.at(), 0.6 if time < 1 else 1.0, 10),
    "a large step of the exposure up": lambda time: exposed(A.at(), 0.4 if time < 1 else 1.0),
    "a step of the exposure down": lambda time: exposed(A.at(), 1.0 if time < 1 else 0.4),
    "a slow pan": lambda time: A.at(x=40 * time),
    "a fast pan": lambda time: A.at(x=400 * time),
    "a pan that begins at once": lambda time: A.at(x=300 * max(0.0, time - 1)),
    "a whip pan": lambda time: A.at(x=1000 * max(0.0, time - 1)),
}


@pytest.mark.parametrize("picture_at", NO_CUT.values(), ids=NO_CUT.keys())
def test_this_is_no_cut(picture_at: Callable[[float], Small]):
    assert told(picture_at, 2.0) == []


@pytest.mark.parametrize("pixels", [4, 12, 20])
def test_shake_that_begins_at_once_is_no_cut(pixels: float):
    rng = np.random.default_rng(1)
    assert told(lambda time: A.at(*(rng.uniform(0, pixels, 2) if time > 1 else (0, 0))), 3.0) == []


def test_of_many_cuts_between_moving_scenes_grey_or_coloured_none_is_missed_and_none_invented():
    for seed in range(12):
        scenes = [Scene(100 + seed, chroma=40 * (seed % 2)), Scene(200 + seed, chroma=40 * (seed % 2))]
        found = told(lambda time, scenes=scenes: scenes[time > 0.49].at(x=40 * time), 0.8)
        assert [(event, round(origin * RATE)) for event, _, origin in found] == [(Event.HIT, 15), (Event.CUT, 15)], seed


def test_a_cut_on_a_dim_stage_is_found_despite_noise():
    rng = np.random.default_rng(3)
    dim = [exposed(scene.at(), 0.25) for scene in (A, B)]
    assert events(told(lambda time: noisy(dim[time > 0.99], rng, 2.0), 1.5)) == [Event.HIT, Event.CUT]


def test_a_card_of_another_grey_is_a_cut():
    assert events(told(lambda time: plain(16 if time < 0.99 else 230), 2.0)) == [Event.HIT, Event.CUT]


def test_every_hit_is_told_apart_exactly_once_whatever_happens():
    rng = np.random.default_rng(4)
    pictures = [*(scene.at() for scene in SCENES[:3]), plain(255), plain(0), exposed(A.at(), 0.5)]
    shown = rng.integers(len(pictures), size=200).repeat(rng.integers(1, 25, size=200))[:1500]
    found = told(lambda time: pictures[shown[round(time * RATE)]], 50.0)
    hits = [origin for event, _, origin in found if event is Event.HIT]
    confirmed = [origin for event, _, origin in found if event is not Event.HIT]
    assert len(hits) > 20
    assert confirmed == hits[: len(confirmed)] and len(hits) - len(confirmed) <= 1


def test_noise_of_the_sensor_is_no_event_even_in_the_dark():
    rng = np.random.default_rng(2)
    dim = exposed(A.at(), 0.1)
    assert told(lambda time: noisy(dim, rng, 6.0), 1.0) == []


def test_a_strobe_gives_two_hits_a_second_at_most_and_no_cut():
    flashes = np.arange(0.5, 3.5, 0.25)
    happenings = events(told(flashing(*flashes), 4.0))
    assert Event.CUT not in happenings
    assert 1 <= happenings.count(Event.HIT) <= 2 * 3
    assert happenings.count(Event.FLASH) == happenings.count(Event.HIT)


def test_a_strobe_as_long_lit_as_dark_looks_like_a_cut_once_and_then_no_more():
    happenings = events(told(flashing(*np.arange(0.5, 3.5, 0.25), seconds=0.124), 4.0))
    assert happenings == [Event.HIT, Event.CUT]


def test_after_a_strobe_a_cut_is_found_again():
    strobe = flashing(*np.arange(0.5, 2.5, 0.25), seconds=0.124)
    found = told(lambda time: strobe(time) if time < 4 - 1e-6 else B.at(), 5.0)
    assert found[-1] == (Event.CUT, pytest.approx(4.0 + 2 / RATE), pytest.approx(4.0))


def test_the_end_of_a_long_flash_is_no_second_hit():
    assert events(told(flashing(1.0, seconds=0.5), 2.0)).count(Event.HIT) == 1


def test_a_stream_that_resumes_elsewhere_has_not_been_cut():
    detector = CutDetector(CutConfig())
    for frame in filmed(lambda time: A.at(), 1.0):
        assert detector.see(frame.small, frame.time) == []
    assert [detector.see(B.at(), 6.0 + number / RATE) for number in range(5)] == [[]] * 5


def test_a_hit_before_a_stall_stays_unconfirmed():
    detector = CutDetector(CutConfig())
    for number in range(10):
        detector.see(A.at(), number / RATE)
    assert [each.event for each in detector.see(B.at(), 10 / RATE)] == [Event.HIT]
    assert [detector.see(B.at(), 8.0 + number / RATE) for number in range(5)] == [[]] * 5
    assert detector.settled


def test_in_a_slow_sequence_of_pictures_a_change_is_still_a_cut():
    detector = CutDetector(CutConfig())
    pictures = [A.at()] * 4 + [B.at()] * 4
    happenings = [each.event for number, small in enumerate(pictures) for each in detector.see(small, 2.0 * number)]
    assert happenings == [Event.HIT, Event.CUT]


def test_from_a_jump_until_it_is_told_apart_nothing_is_settled():
    detector = CutDetector(CutConfig())
    settled = []
    for frame in filmed(switching(1.0), 1.3):
        detector.see(frame.small, frame.time)
        settled.append(detector.settled)
    assert [number for number, still in enumerate(settled) if not still] == [30, 31, 32]


def test_a_high_threshold_lets_a_cut_pass():
    def found(threshold: float) -> bool:
        detector = CutDetector(CutConfig(threshold=threshold))
        return any(detector.see((B if number > 5 else A).at(), number / RATE) for number in range(9))

    assert found(0.5) and not found(3.0)
