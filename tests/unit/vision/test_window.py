from itertools import pairwise

import numpy as np
import pytest

from stream_v2m.core.features import CONDITIONS, EMOTION, FEATURE_SIZE, MOTION, SCENE_OFFSET, SCHEMA_VERSION, Condition
from stream_v2m.core.values import Affect, FeatureWindow
from stream_v2m.vision.window import Sample, WindowBuilder, absent_window

pytestmark = pytest.mark.unit

EXCITED = Affect((1.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.5, 0.6)
SAD = Affect((0.0, 0.0, 0.0, 1.0, 0.0, 0.0), -0.5, -0.4)


def sample(time: float, elapsed: float, motion: float = 0.0, affect: Affect = SAD) -> Sample:
    return Sample(time, elapsed, motion, motion / 100, affect)


def built(samples: list[Sample], *, span: float = 1.0, scene_start: float = 0.0) -> FeatureWindow:
    builder = WindowBuilder()
    return [builder.add(each, span=span, scene_start=scene_start) for each in samples][-1]


def test_a_window_has_the_schemas_shape_and_says_what_is_in_it():
    window = built([sample(0.0, 0.04, 7.0)], scene_start=-3.0)
    assert window.features.shape == (FEATURE_SIZE,) and window.features.dtype == np.float32
    assert window.present.shape == (CONDITIONS,) and window.present.dtype == np.bool_
    assert set(np.flatnonzero(window.present)) == {Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET}
    assert (window.time, window.span, window.schema) == (0.0, 1.0, SCHEMA_VERSION)
    assert window.features[MOTION] == 7.0 and window.features[SCENE_OFFSET] == 3.0
    assert window.features[EMOTION].tolist() == list(SAD.probabilities)


def test_it_is_the_mean_of_the_span_and_of_nothing_older():
    old = [sample(number / 10, 0.1, 100.0, EXCITED) for number in range(20)]
    new = [sample(2.0 + number / 10, 0.1, float(number)) for number in range(10)]
    window = built(old + new)
    assert window.features[MOTION] == pytest.approx(4.5)
    assert window.motion == pytest.approx(0.045)
    assert window.affect is not None and window.affect.emotion == "sad"
    assert window.affect.valence == pytest.approx(SAD.valence)
    assert window.affect.probabilities == pytest.approx(SAD.probabilities)


def test_a_frame_counts_by_the_time_that_it_stands_for():
    window = built([sample(0.0, 0.3, 10.0, EXCITED), sample(0.1, 0.1, 50.0, SAD)])
    assert window.features[MOTION] == pytest.approx(20.0)
    assert window.affect is not None
    assert window.affect.valence == pytest.approx(0.75 * 0.5 - 0.25 * 0.5)
    assert window.affect.arousal == pytest.approx(0.75 * 0.6 - 0.25 * 0.4)
    assert window.affect.probabilities == pytest.approx((0.75, 0, 0, 0.25, 0, 0))
    assert window.features[EMOTION] == pytest.approx(window.affect.probabilities)


def test_the_same_picture_at_an_irregular_rate_gives_the_same_window():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 3, 90))
    irregular = built([sample(now, now - then, 10 * now) for then, now in pairwise(times)])
    regular = built([sample(times[-1] - 1 + number / 30, 1 / 30, 0.0) for number in range(31)])
    assert irregular.features[MOTION] == pytest.approx(10 * (times[-1] - 0.5), rel=0.05)
    assert regular.features[MOTION] == 0.0


def test_where_a_scene_begins_the_mood_begins_anew_and_the_motion_goes_on():
    builder = WindowBuilder()
    for number in range(5):
        builder.add(sample(number / 10, 0.1, 10.0, EXCITED), span=1.0, scene_start=0.0)
    first = builder.add(sample(0.5, 0.1, 40.0, SAD), span=1.0, scene_start=0.4)
    then = builder.add(sample(0.6, 0.1, 10.0, EXCITED), span=1.0, scene_start=0.4)
    assert first.affect is not None and first.affect.probabilities == pytest.approx(SAD.probabilities)
    assert first.features[MOTION] == pytest.approx(15.0)
    assert first.features[SCENE_OFFSET] == pytest.approx(0.1)
    assert then.affect is not None and then.affect.probabilities == pytest.approx((0.5, 0, 0, 0.5, 0, 0))


def test_one_frame_after_a_gap_does_not_outweigh_the_rest():
    window = built([sample(9.6, 0.5, 10.0), sample(10.0, 1000.0, 20.0)])
    assert window.features[MOTION] == pytest.approx(15.0)


def test_after_a_gap_only_the_new_frame_is_in_the_window():
    assert built([sample(0.0, 0.1, 99.0), sample(7.0, 7.0, 5.0)]).features[MOTION] == 5.0


def test_the_span_may_change_from_frame_to_frame():
    builder = WindowBuilder()
    for number in range(30):
        builder.add(sample(number / 10, 0.1, float(number)), span=2.0, scene_start=0.0)
    assert builder.add(sample(3.0, 0.1, 30.0), span=0.5, scene_start=0.0).features[MOTION] == pytest.approx(28.0)


def test_frames_of_one_moment_and_no_duration_do_no_harm():
    window = built([sample(0.0, 0.0, 4.0), sample(0.0, 0.0, 8.0)])
    assert window.features[MOTION] == pytest.approx(6.0)


def test_a_scene_without_end_stays_within_what_the_models_know():
    assert built([sample(0.0, 0.1)], scene_start=-1e6).features[SCENE_OFFSET] == 600.0


def test_windows_do_not_share_their_memory():
    builder = WindowBuilder()
    first = builder.add(sample(0.0, 0.1, 4.0), span=1.0, scene_start=0.0)
    builder.add(sample(0.1, 0.1, 8.0), span=1.0, scene_start=0.0)
    assert first.features[MOTION] == 4.0


def test_the_absent_window_holds_no_condition_and_no_mood():
    window = absent_window(3.0, 1.0)
    assert not window.present.any() and not window.features.any()
    assert window.affect is None
    assert (window.time, window.span, window.motion, window.schema) == (3.0, 1.0, 0.0, SCHEMA_VERSION)
