"""The estimator that asks an encoder."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.vision.affect import EstimatorInfo, Measures
from stream_v2m.vision.clip_affect import ClipAffect
from stream_v2m.vision.color import Color
from stream_v2m.vision.plane import ruled_out
from tests.support.scenes import frames, plain

pytestmark = pytest.mark.unit

(FRAME,) = frames([plain(128)])
MEASURES = Measures(0.04, Color(0.4, 0.2, 0.3, 0.0), 0.2, 5.0)
SAD = (0.05, 0.1, 0.1, 0.6, 0.1, 0.05)


@dataclass(frozen=True)
class Described:
    probabilities: NDArray[np.float32]
    semantics: NDArray[np.float32] | None = None


@dataclass
class Fake:
    described: Described
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    def encode(self, rgb: NDArray[np.uint8]) -> Described:
        self.shapes.append(rgb.shape)
        return self.described


def estimator(fake: Fake) -> ClipAffect:
    return ClipAffect(EstimatorInfo("clip"), fake, side=224)


def pictured(aspect: float):
    return replace(FRAME, time=3.0, aspect=aspect, picture=lambda w, h: np.zeros((h, w, 3), np.uint8))


def test_its_probabilities_are_the_encoders_and_the_point_goes_with_them():
    said = estimator(Fake(Described(np.array(SAD, np.float32)))).estimate(pictured(1.0), MEASURES)
    assert said.affect.probabilities == pytest.approx(SAD)
    assert said.affect.emotion == "sad" and EMOTIONS[3] == "sad"
    assert said.affect.valence < -0.2 and said.affect.arousal < -0.2
    assert said.confidence == pytest.approx(ruled_out(SAD), abs=1e-6)
    assert said.time == 3.0 and said.semantics is None


def test_semantics_are_passed_on():
    semantics = np.arange(384, dtype=np.float32)
    said = estimator(Fake(Described(np.array(SAD, np.float32), semantics))).estimate(pictured(1.0), MEASURES)
    assert said.semantics is semantics


@pytest.mark.parametrize(("aspect", "shape"), [(16 / 9, (224, 398, 3)), (1.0, (224, 224, 3)), (9 / 16, (398, 224, 3))])
def test_the_picture_is_seen_in_its_own_proportions_and_no_larger_than_needed(aspect: float, shape: tuple[int, ...]):
    fake = Fake(Described(np.array(SAD, np.float32)))
    estimator(fake).estimate(pictured(aspect), MEASURES)
    assert fake.shapes == [shape]
