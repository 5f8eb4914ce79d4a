"""Onsets: where a gesture begins."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from stream_v2m.core.values import Event
from stream_v2m.vision.observer import Observer, VisionConfig
from stream_v2m.vision.onset import OnsetConfig, OnsetDetector
from tests.support.scenes import Scene, Small, exposed, filmed, noisy

pytestmark = pytest.mark.unit

A = Scene(0)


def begun(motions: list[float], rate_hz: float = 30.0, **config: float) -> list[int]:
    detector = OnsetDetector(OnsetConfig(**config))
    return [turn for turn, motion in enumerate(motions) if detector.see(motion, turn / rate_hz, 1 / rate_hz)]


def test_a_gesture_begins_with_its_first_frame_and_once():
    assert begun([0.05] * 40 + [0.6] * 40) == [40]


def test_a_second_gesture_begins_when_the_first_is_over():
    assert begun([0.0] * 40 + [0.6] * 15 + [0.0] * 15 + [0.6] * 15) == [40, 70]


def test_what_swells_slowly_and_what_moves_evenly_is_no_gesture():
    assert begun([turn / 100 for turn in range(60)]) == []
    assert begun([0.6] * 60) == []


def test_no_two_begin_within_the_refractory_time():
    jerks = ([0.0] * 6 + [0.9] * 4) * 9
    assert len(begun(jerks)) > len(begun(jerks, refractory_s=1.0)) == 2


def told(picture_at: Callable[[float], Small], seconds: float = 2.0) -> list[float]:
    observer = Observer(VisionConfig())
    sights = [observer.see(frame, span=1.0) for frame in filmed(picture_at, seconds)]
    return [cue.time for sight in sights for cue in sight.cues if cue.event is Event.ONSET]


def test_a_sudden_move_is_told_in_the_frame_where_it_is_seen():
    assert told(lambda time: A.at(x=120 * max(0.0, time - 1.5))) == pytest.approx([1.5 + 1 / 30])


RNG = np.random.default_rng(0)
NONE: dict[str, Callable[[float], Small]] = {
    "a step of the exposure": lambda time: exposed(A.at(), 1.0 if time < 1.5 else 0.6),
    "a step of the exposure up": lambda time: exposed(A.at(), 0.6 if time < 1.5 else 1.0),
    "a fade": lambda time: exposed(A.at(), abs(1 - time)),
    "noise": lambda time: noisy(A.at(), RNG, 5.0),
    "a cut": lambda time: A.at() if time < 1.5 else Scene(1).at(),
}


@pytest.mark.parametrize("picture_at", NONE.values(), ids=NONE.keys())
def test_this_is_no_gesture(picture_at: Callable[[float], Small]):
    assert told(picture_at) == []


def test_what_another_source_shows_is_no_gesture():
    observer = Observer(VisionConfig())
    frames = [
        replace(frame, stream=int(frame.time > 1.5)) for frame in filmed(lambda t: A.at(x=max(0, t - 1.5) * 120), 2.2)
    ]
    assert [cue.event for frame in frames for cue in observer.see(frame, span=1.0).cues if cue.event] == []
