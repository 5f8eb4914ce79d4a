"""The mood of several estimators: pooled by confidence, smoothed, absent where nobody knows, without a jump."""

import math

import numpy as np
import pytest

from stream_v2m.core.values import Affect
from stream_v2m.vision.affect import AffectConfig, Estimate, parse_estimators
from stream_v2m.vision.mood import Feeling, Mood
from stream_v2m.vision.plane import place

pytestmark = pytest.mark.unit

RATE = 30
GLAD, GLUM = place(0.6, 0.6), place(-0.6, -0.6)


def felt(feeling: Feeling) -> Affect:
    assert feeling.affect is not None
    return feeling.affect


def settled(mood: Mood, estimates: dict[str, tuple[Affect, float]], *, seconds: float = 10.0) -> Feeling:
    for frame in range(round(seconds * RATE)):
        now = frame / RATE
        for name, (affect, confidence) in estimates.items():
            mood.hear(name, Estimate(now, affect, confidence))
        feeling = mood.feel(now, 1 / RATE)
    return feeling


def test_one_alone_is_believed_however_unsure():
    for confidence in (0.0, 0.5):
        affect = felt(settled(Mood(AffectConfig(), ["a"]), {"a": (GLAD, confidence)}))
        assert affect.probabilities == pytest.approx(GLAD.probabilities)
        assert (affect.valence, affect.arousal) == pytest.approx((0.6, 0.6))


def test_estimators_that_agree_are_as_sure_together_as_alone():
    affect = felt(settled(Mood(AffectConfig(), ["a", "b"]), {"a": (GLAD, 0.3), "b": (GLAD, 0.9)}))
    assert affect.probabilities == pytest.approx(GLAD.probabilities)


def test_two_that_differ_meet_in_between_by_their_confidence():
    feeling = settled(Mood(AffectConfig(), ["a", "b"]), {"a": (GLAD, 0.6), "b": (GLUM, 0.2)})
    assert {voice.name: voice.share for voice in feeling.voices} == pytest.approx({"a": 0.75, "b": 0.25})
    assert felt(feeling).valence == pytest.approx(0.3)
    assert felt(feeling).probabilities == pytest.approx(place(0.3, 0.3).probabilities)


def test_who_is_not_listened_to_has_no_part():
    feeling = settled(Mood(AffectConfig(), ["a"]), {"a": (GLAD, 0.5), "b": (GLUM, 1.0)})
    assert [voice.name for voice in feeling.voices] == ["a"]
    assert felt(feeling).valence == pytest.approx(0.6)


@pytest.mark.parametrize("rate_hz", [15, 60])
def test_a_new_mood_is_taken_on_with_its_time_constant_at_any_frame_rate(rate_hz: int):
    mood = Mood(AffectConfig(smoothing_s=0.5), ["a"])
    valences = []
    for frame in range(rate_hz + 1):
        mood.hear("a", Estimate(frame / rate_hz, GLUM if frame == 0 else GLAD, 1.0))
        valences.append(felt(mood.feel(frame / rate_hz, 1 / rate_hz)).valence)
    assert valences == sorted(valences)
    for passed in (0.4, 1.0):
        share = 1 - math.exp(-passed / 0.5)
        assert valences[round(passed * rate_hz)] == pytest.approx(-0.6 + 1.2 * share, abs=0.01)


def test_a_new_scene_is_felt_at_once_and_the_longer_it_lasts_the_more_slowly_it_changes():
    mood = Mood(AffectConfig(smoothing_s=0.5), ["a"])
    settled(mood, {"a": (GLUM, 1.0)})
    path = []
    for frame in range(2, 6 * RATE):  # a cut is sure with its third frame
        mood.hear("a", Estimate(10 + frame / RATE, GLAD if frame < 3 * RATE else GLUM, 1.0))
        path.append(felt(mood.feel(10 + frame / RATE, 1 / RATE, scene=frame / RATE)).valence)
    assert path[0] > 0.1
    assert path[RATE // 4] > 0.5
    assert path[3 * RATE - 2] > 0.5  # the first other picture of the same scene


def test_listening_to_others_changes_the_mood_without_a_jump():
    config = AffectConfig(smoothing_s=0.8)
    mood = Mood(config, ["a"])
    settled(mood, {"a": (GLUM, 1.0)})
    mood.listen(["b"])
    path = [felt(mood.feel(10.0, 1 / RATE))]
    for frame in range(1, 5 * RATE):
        mood.hear("b", Estimate(10 + frame / RATE, GLAD, 1.0))
        path.append(felt(mood.feel(10 + frame / RATE, 1 / RATE)))
    for values, whole in (([step.valence for step in path], 1.2), ([step.probabilities[0] for step in path], 1.0)):
        speeds = np.abs(np.diff(values)) * RATE  # a second
        assert speeds.max() <= whole / config.smoothing_s
    assert path[0].valence == pytest.approx(-0.6)
    assert path[-1].valence == pytest.approx(0.6, abs=0.01)


def test_until_a_new_one_has_spoken_the_old_one_is_heard():
    mood = Mood(AffectConfig(), ["a"])
    settled(mood, {"a": (GLUM, 1.0)})
    mood.listen(["b"])
    feeling = settled(mood, {"a": (GLUM, 1.0)})
    assert mood.listening == ("b",)
    assert [voice.name for voice in feeling.voices] == ["a"]
    assert felt(feeling).valence == pytest.approx(-0.6)


def test_what_is_stale_is_no_longer_believed_and_what_is_fresh_goes_on_without_a_jump():
    mood = Mood(AffectConfig(stale_s=5.0), ["a", "b"])
    mood.hear("b", Estimate(0.0, GLUM, 1.0))
    path, shares = [], []
    for frame in range(10 * RATE):
        mood.hear("a", Estimate(frame / RATE, GLAD, 1.0))
        feeling = mood.feel(frame / RATE, 1 / RATE)
        path.append(felt(feeling).valence)
        shares.append(len(feeling.voices))
    assert shares == [2] * (5 * RATE + 1) + [1] * (5 * RATE - 1)
    assert max(abs(np.diff(path))) * RATE <= 1.2 / 0.8
    assert path[-1] == pytest.approx(0.6, abs=0.01)


def test_when_everything_is_stale_there_is_no_mood_until_somebody_speaks_again():
    mood = Mood(AffectConfig(stale_s=2.0), ["a"])
    mood.hear("a", Estimate(0.0, GLUM, 1.0))
    present = [mood.feel(frame / 10, 0.1).affect is not None for frame in range(40)]
    assert present == [True] * 21 + [False] * 19
    assert mood.feel(4.0, 0.1).voices == ()
    mood.hear("a", Estimate(4.0, GLAD, 1.0))
    assert felt(mood.feel(4.1, 0.1)).valence == pytest.approx(0.6)  # nothing was there to go on from


def test_the_age_of_what_was_said_is_told():
    mood = Mood(AffectConfig(), ["a"])
    mood.hear("a", Estimate(1.0, GLUM, 0.7))
    (voice,) = mood.feel(1.5, 0.1).voices
    assert (voice.age, voice.confidence, voice.share) == (0.5, 0.7, 1.0)


def test_semantics_are_the_newest_that_are_fresh():
    mood = Mood(AffectConfig(stale_s=2.0), ["a", "b", "c"])
    for name, time, value in (("a", 0.0, 1.0), ("b", 1.0, 2.0)):
        mood.hear(name, Estimate(time, GLUM, 1.0, np.full(384, value, np.float32)))
    mood.hear("c", Estimate(1.5, GLUM, 1.0))
    semantics = mood.feel(1.5, 0.1).semantics
    assert semantics is not None and semantics[0] == 2.0
    mood.hear("c", Estimate(3.5, GLUM, 1.0))
    assert mood.feel(3.5, 0.1).semantics is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("color", ("color",)),
        ("clip", ("clip",)),
        ("clip:ViT-B-32", ("clip:ViT-B-32",)),
        ("blend", ("color", "clip")),
        ("color,clip:a,clip:b", ("color", "clip:a", "clip:b")),
    ],
)
def test_estimators_are_named_on_the_command_line(text: str, names: tuple[str, ...]):
    assert parse_estimators(text) == names
