import pytest

from stream_v2m.core.controls import Controls
from stream_v2m.core.values import Cue
from stream_v2m.music.expression import MusicConfig, expression, register, shape, velocity
from stream_v2m.music.gesture import Gesture
from tests.support.music import affect, plan

pytestmark = pytest.mark.unit

OFF = MusicConfig(
    motion_velocity=0,
    motion_density=0,
    motion_expression=0,
    stillness=0,
    arousal_velocity=0,
    arousal_density=0,
    arousal_articulation=0,
    arousal_register=0,
    valence_register=0,
    valence_articulation=0,
)
FULL = MusicConfig(**dict.fromkeys(OFF.model_dump(exclude_defaults=True), 1.0))


def moving(motion, *, for_s=0):
    gesture = Gesture()
    for second in range(for_s + 1):
        gesture.see(Cue(float(second), motion))
    return gesture


def shaped(config=FULL, gesture=None, mood=None, **controls):
    gesture = gesture or Gesture()
    at = 0.0
    return shape(plan(0, mood=mood), gesture, Controls(**controls), config, at=at)


def test_velocity_rises_with_loudness_over_the_whole_range():
    values = [velocity(loudness / 100, MusicConfig()) for loudness in range(41)]
    assert values == sorted(set(values))
    assert (values[0], values[-1]) == (24, 114)
    assert velocity(0.5, MusicConfig()) == 114


def test_with_every_strength_at_0_the_plan_is_what_is_asked():
    found = shaped(OFF, moving(1.0), affect(-0.8, 0.9))
    assert (found.loudness, found.density, found.gate) == (0.16, 10, 1)
    assert register(plan(0, mood=affect(1, 1)), OFF) == (0, 0)


def test_with_the_cue_strength_at_0_loudness_and_density_are_what_was_asked():
    found = shaped(FULL, moving(0.0, for_s=20), affect(0.9, 0.9), cue_strength=0)
    assert (found.loudness, found.density) == (0.16, 10)


def test_motion_makes_louder_denser_and_swells_what_is_held():
    still, neutral, moved = (shaped(FULL, moving(motion)) for motion in (0.0, 0.4, 1.0))
    assert (neutral.loudness, neutral.density) == pytest.approx((0.16, 10))
    assert still.loudness < neutral.loudness < moved.loudness
    assert still.density < neutral.density < moved.density
    swell = [expression(moving(motion), Controls(), FULL, at=0.0) for motion in (0.0, 0.4, 1.0)]
    assert swell == sorted(set(swell))


def test_long_stillness_is_thinner_softer_and_longer_than_a_short_one():
    short, long = shaped(FULL, moving(0.0)), shaped(FULL, moving(0.0, for_s=20))
    assert long.density < short.density / 2 and long.loudness < short.loudness and long.gate > short.gate


def test_arousal_is_louder_denser_more_staccato_and_wider():
    calm, roused = shaped(FULL, mood=affect(0, -0.8)), shaped(FULL, mood=affect(0, 0.8))
    assert calm.loudness < roused.loudness and calm.density < roused.density and calm.gate > roused.gate
    assert register(plan(0, mood=affect(0, -0.8)), FULL)[1] < register(plan(0, mood=affect(0, 0.8)), FULL)[1]


def test_valence_lifts_the_register_and_lengthens_the_notes():
    assert register(plan(0, mood=affect(-1, 0)), FULL)[0] == -5
    assert register(plan(0, mood=affect(1, 0)), FULL)[0] == 5
    assert shaped(FULL, mood=affect(-1, 0)).gate < shaped(FULL, mood=affect(1, 0)).gate


def test_trims_go_both_ways_and_work_without_cues():
    for trim, compare in ((-0.5, float.__lt__), (0.5, float.__gt__)):
        assert compare(shaped(OFF, cue_strength=0, density_trim=trim).density, 10.0)
        assert compare(shaped(OFF, cue_strength=0, loudness_trim=trim).loudness, 0.16)
