"""The plane of valence and arousal, there and back."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.vision.plane import CENTROIDS, LEAST, locate, logarithms, place, ruled_out, softmax

pytestmark = pytest.mark.unit

points = st.tuples(st.floats(-1, 1), st.floats(-1, 1))
moods = st.lists(st.floats(0, 1), min_size=6, max_size=6).filter(sum).map(lambda x: [p / sum(x) for p in x])


@settings(deadline=None)
@given(points)
def test_probabilities_are_a_distribution_wherever_the_mood_is(point: tuple[float, float]):
    affect = place(*point)
    assert sum(affect.probabilities) == pytest.approx(1.0)
    assert min(affect.probabilities) > 0
    assert (affect.valence, affect.arousal) == point


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_emotion_leads_at_its_own_place(emotion: str):
    assert place(*CENTROIDS[emotion]).emotion == emotion


@settings(deadline=None)
@given(points)
def test_the_way_to_probabilities_and_back_ends_where_it_began(point: tuple[float, float]):
    assert locate(place(*point).probabilities) == pytest.approx(point, abs=1e-6)


@settings(deadline=None)
@given(moods)
def test_whatever_the_probabilities_the_place_is_on_the_plane(probabilities: list[float]):
    valence, arousal = locate(probabilities)
    assert -1 <= valence <= 1 and -1 <= arousal <= 1


@pytest.mark.parametrize("emotion", [name for name in EMOTIONS if name != "neutral"])
def test_the_surer_of_an_emotion_the_further_out_on_its_side(emotion: str):
    def reach(share: float) -> float:
        probabilities = [share if name == emotion else (1 - share) / 5 for name in EMOTIONS]
        return float(np.dot(locate(probabilities), CENTROIDS[emotion]))

    assert reach(0.17) < reach(0.3) < reach(0.5)


inner = st.tuples(st.floats(-0.75, 0.75), st.floats(-0.75, 0.75))  # further out some are less likely than LEAST


@settings(deadline=None)
@given(inner, inner, st.floats(0, 1))
def test_a_logarithmic_pool_of_two_moods_is_the_place_of_the_mean_point(
    one: tuple[float, float], other: tuple[float, float], weight: float
):
    logs = [np.array(logarithms(place(*point).probabilities)) for point in (one, other)]
    pooled = softmax((weight * logs[0] + (1 - weight) * logs[1]).tolist())
    mean = [weight * a + (1 - weight) * b for a, b in zip(one, other, strict=True)]
    assert pooled == pytest.approx(place(*mean).probabilities, abs=1e-9)


def test_how_sure_a_distribution_is_counts_the_emotions_that_it_rules_out():
    assert ruled_out([1 / 6] * 6) == pytest.approx(0.0)
    assert ruled_out([1.0, 0, 0, 0, 0, 0]) == 1.0
    assert ruled_out([0.5, 0.5, 0, 0, 0, 0]) == pytest.approx(0.8)  # two of six are left: four of five are not
    assert ruled_out([1 / 3, 1 / 3, 1 / 3, 0, 0, 0]) == pytest.approx(0.6)


def test_nothing_is_ruled_out_for_ever():
    assert logarithms([0.0, 1.0])[0] == math.log(LEAST)
