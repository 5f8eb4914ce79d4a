from collections.abc import Callable, Iterable

import numpy as np
import pytest

from stream_v2m.core.features import MOTION, SCENE_OFFSET, SEMANTIC, Condition
from stream_v2m.core.values import Event, Frame
from stream_v2m.vision.affect import AffectConfig, Estimate, EstimatorInfo, Measures
from stream_v2m.vision.mood import Mood
from stream_v2m.vision.observer import Observer, Sight, VisionConfig
from stream_v2m.vision.plane import place
from tests.support.scenes import Scene, Small, exposed, filmed, frames, mixed, plain

pytestmark = pytest.mark.unit

A, B = Scene(0), Scene(1)
RATE = 30.0


def sights(pictures: Iterable[Frame], span: float = 1.0) -> list[Sight]:
    observer = Observer(VisionConfig())
    return [observer.see(frame, span=span) for frame in pictures]


def cutting(time: float) -> Small:
    """A cut at second 1, then all moves."""
    return A.at(x=20 * time) if time < 1 - 1e-6 else B.at(x=20 * time)


def flash(time: float) -> Small:
    return mixed(A.at(), plain(255), 0.9) if 1 - 1e-6 < time < 1.06 else A.at()


def test_every_frame_gives_its_motion_first_and_once_then_its_events():
    seen = sights(filmed(cutting, 1.5))
    assert all(sight.cues[0].event is None for sight in seen)
    assert all(cue.event is not None for sight in seen for cue in sight.cues[1:])
    assert [len(sight.cues) for sight in seen] == [2 if number in (30, 32) else 1 for number in range(45)]
    assert [sight.cues[0].time for sight in seen] == pytest.approx([number / RATE for number in range(45)])


def test_a_cut_is_told_at_once_as_a_hit_and_later_as_a_cut_with_its_origin():
    seen = sights(filmed(cutting, 1.5))
    hit, cut = seen[30].cues[1], seen[32].cues[1]
    assert (hit.event, hit.time, hit.origin) == (Event.HIT, pytest.approx(1.0), pytest.approx(1.0))
    assert (cut.event, cut.time, cut.origin) == (Event.CUT, pytest.approx(32 / RATE), pytest.approx(1.0))


def test_the_scene_offset_counts_from_the_origin_of_a_confirmed_cut():
    offsets = [float(sight.window.features[SCENE_OFFSET]) for sight in sights(filmed(cutting, 1.5))]
    assert offsets[:32] == pytest.approx([number / RATE for number in range(32)])  # a hit alone is no new scene
    assert offsets[32:] == pytest.approx([(number - 30) / RATE for number in range(32, 45)])


def test_with_a_cut_that_is_sure_the_mood_is_that_of_the_new_scene():
    def picture_at(time: float) -> Small:
        return A.at() if time < 2 - 1e-6 else exposed(B.at(), 0.4)

    seen = sights(filmed(picture_at, 6.0))
    moods = [sight.window.affect.valence for sight in seen if sight.window.affect is not None]
    before, after = moods[61], moods[-1]
    assert after < before - 0.2
    assert moods[62] < before + 0.6 * (after - before)
    assert moods[75] < before + 0.85 * (after - before)


def test_a_flash_is_no_new_scene():
    seen = sights(filmed(flash, 1.5))
    assert [cue.event for sight in seen for cue in sight.cues[1:]] == [Event.HIT, Event.FLASH]
    assert seen[-1].window.features[SCENE_OFFSET] == pytest.approx(44 / RATE)


def test_the_scene_begins_with_the_stream_whatever_its_clock_says():
    seen = sights(frames([A.at()] * 10, start=1000.0))
    assert seen[0].window.features[SCENE_OFFSET] == 0.0
    assert seen[-1].window.features[SCENE_OFFSET] == pytest.approx(9 / RATE)


@pytest.mark.parametrize("picture_at", [cutting, flash], ids=["cut", "flash"])
@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_the_difference_across_a_cut_or_a_flash_is_no_motion(picture_at: Callable[[float], Small], rate_hz: float):
    seen = sights(filmed(picture_at, 1.5, rate_hz=rate_hz))
    usual = max(sight.cues[0].motion for sight in seen[: int(rate_hz)])
    assert max(sight.cues[0].motion for sight in seen) < usual + 0.05
    in_window = [float(sight.window.features[MOTION]) for sight in seen[int(rate_hz) // 2 :]]
    assert max(in_window) < 1.3 * in_window[0] + 0.1


def test_motion_rises_at_once_and_falls_with_its_release():
    seen = sights(filmed(lambda time: A.at(x=150 * min(max(0.0, time - 0.5), 0.5)), 1.6))
    motion = np.array([sight.cues[0].motion for sight in seen])
    assert motion[:16].max() == 0.0
    assert motion[16] > 0.5
    assert motion[20] > motion[36] > motion[40] > motion[46] and motion[46] < 0.1
    later = motion[40:46]
    assert later[1:] / later[:-1] == pytest.approx(np.exp(-1 / RATE / 0.15), rel=1e-3)


def test_motion_is_between_0_and_1_and_the_window_carries_its_mean():
    seen = sights(filmed(lambda time: A.at(x=60 * time), 2.0))
    assert all(0 <= sight.cues[0].motion <= 1 for sight in seen)
    assert 0.1 < seen[-1].window.motion <= 1
    assert seen[-1].window.features[MOTION] == pytest.approx(5, abs=3)


def test_an_exposure_step_is_no_event_and_shows_in_the_mood():
    seen = sights(filmed(lambda time: exposed(A.at(x=6 * time), 1.0 if time < 1 else 0.5), 4.0))
    assert all(len(sight.cues) == 1 for sight in seen)
    before, after = seen[25].window.affect, seen[-1].window.affect
    assert before is not None and after is not None
    assert after.valence < before.valence - 0.2


def test_a_film_that_begins_black_has_no_mood_until_there_is_a_picture():
    seen = sights(filmed(lambda time: plain(0) if time < 1 else exposed(A.at(), min(1.0, time - 1)), 2.2))
    valences = [sight.window.affect.valence for sight in seen if sight.window.affect is not None]
    assert len(valences) == len(seen)
    assert valences[:30] == [0.0] * 30
    assert valences[-1] != 0.0


def test_a_stream_that_resumes_gives_no_event_no_motion_and_a_fresh_window():
    observer = Observer(VisionConfig())
    for frame in filmed(lambda time: A.at(x=60 * time), 1.0):
        observer.see(frame, span=1.0)
    sight = observer.see(Frame(20.0, B.at(), frame.picture), span=1.0)
    assert len(sight.cues) == 1
    assert sight.cues[0].motion < 0.01
    assert sight.window.features[MOTION] == 0.0


class Fixed:
    """An estimator that says what it is told."""

    info = EstimatorInfo("fixed")

    def __init__(self) -> None:
        self.frozen = False
        self.seen: list[Measures] = []

    def estimate(self, frame: Frame, measures: Measures) -> Estimate:
        self.seen.append(measures)
        return Estimate(frame.time, place(0.5, -0.5), 1.0)

    def freeze(self, on: bool) -> None:
        self.frozen = on


def test_another_estimator_may_speak_of_the_mood_and_is_handed_what_was_measured():
    fixed = Fixed()
    observer = Observer(VisionConfig(), fixed)
    sight = [observer.see(frame, span=1.0) for frame in filmed(cutting, 1.5)][-1]
    assert observer.estimator == "fixed"
    assert sight.window.affect is not None and sight.window.affect.valence == pytest.approx(0.5)
    assert [measures.elapsed for measures in fixed.seen[1:]] == pytest.approx([1 / RATE] * 44)
    assert fixed.seen[31].cuts_per_minute == 0 and fixed.seen[32].cuts_per_minute == 2


def test_cuts_older_than_half_a_minute_no_longer_count():
    fixed = Fixed()
    observer = Observer(VisionConfig(), fixed)
    for frame in filmed(lambda time: A.at() if time < 1 else B.at(), 33.0, rate_hz=4):
        observer.see(frame, span=1.0)
    assert max(measures.cuts_per_minute for measures in fixed.seen) == 2
    assert fixed.seen[-1].cuts_per_minute == 0


def test_freezing_freezes_the_ranging_and_the_mood_and_thaws_them_again():
    fixed = Fixed()
    observer = Observer(VisionConfig(), fixed)
    observer.freeze(True)
    assert fixed.frozen
    swaying = list(filmed(lambda time: A.at(x=round(15 * time) % 2), 20.0, rate_hz=15))
    motions = [observer.see(frame, span=1.0).window.motion for frame in swaying[:150]]
    assert motions[-1] == pytest.approx(motions[30], rel=1e-6)
    observer.freeze(False)
    assert not fixed.frozen
    motions = [observer.see(frame, span=1.0).window.motion for frame in swaying[150:]]
    assert motions[-1] > 1.05 * motions[0]


def test_without_another_the_colours_speak():
    assert Observer(VisionConfig()).estimator == "color"


def test_a_slow_estimator_is_heard_beside_the_quick_one_and_brings_the_semantics_along():
    mood = Mood(AffectConfig(), ["fixed", "slow"])
    observer = Observer(VisionConfig(), Fixed(), mood=mood)
    before = observer.see(Frame(0.0, A.at(), next(iter(filmed(cutting, 0.1))).picture), span=1.0)
    semantics = np.full(SEMANTIC.stop, 0.5, np.float32)
    mood.hear("slow", Estimate(0.0, place(0.5, -0.5), 1.0, semantics))
    sight = [observer.see(frame, span=1.0) for frame in filmed(cutting, 0.5)][-1]
    assert [voice.name for voice in before.voices] == ["fixed"]
    assert {voice.name: voice.share for voice in sight.voices} == pytest.approx({"fixed": 0.5, "slow": 0.5})
    assert observer.estimator == "fixed,slow"
    assert not before.window.present[Condition.SEMANTIC] and sight.window.present[Condition.SEMANTIC]
    assert sight.window.features[SEMANTIC].tolist() == semantics.tolist()


def test_where_nobody_knows_the_mood_its_condition_is_absent_and_the_rest_is_not():
    observer = Observer(VisionConfig(), Fixed(), mood=Mood(AffectConfig(), ["slow"]))
    sight = [observer.see(frame, span=1.0) for frame in filmed(cutting, 0.5)][-1]
    assert sight.window.affect is None
    assert np.flatnonzero(sight.window.present).tolist() == [Condition.MOTION, Condition.SCENE_OFFSET]
