"""The window: the last step's length of picture in one vector, for the models."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.features import (
    CONDITIONS,
    EMOTION,
    FEATURE_SIZE,
    MOTION,
    SCENE_OFFSET,
    SCHEMA_VERSION,
    Condition,
)
from stream_v2m.core.values import Affect, FeatureWindow

_LONGEST = 0.5  # seconds that one frame may stand for
_SCENE_OFFSET_TOP = 600.0  # seconds; longer than any shot of the data


class Sample(NamedTuple):
    """One frame's measures: motion in the data's units and ranged, and the mood."""

    time: float
    elapsed: float
    motion: float
    ranged_motion: float
    affect: Affect


class WindowBuilder:
    """Keeps as many samples as the window spans; each counts by the time that it stands for."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque()

    def add(self, sample: Sample, *, span: float, scene_offset: float) -> FeatureWindow:
        """The window of the ``span`` seconds up to ``sample``; ``scene_offset``: seconds since the last cut."""
        self._samples.append(sample)
        while self._samples[0].time <= sample.time - span and len(self._samples) > 1:
            self._samples.popleft()
        weights = np.array([min(max(each.elapsed, 1e-6), _LONGEST) for each in self._samples])
        rows = np.array(
            [
                (each.motion, each.ranged_motion, each.affect.valence, each.affect.arousal, *each.affect.probabilities)
                for each in self._samples
            ]
        )
        motion, ranged, valence, arousal, *probabilities = (weights @ rows / weights.sum()).tolist()
        features = np.zeros(FEATURE_SIZE, np.float32)
        features[EMOTION] = probabilities
        features[MOTION] = motion
        features[SCENE_OFFSET] = min(scene_offset, _SCENE_OFFSET_TOP)
        present = np.zeros(CONDITIONS, np.bool_)
        present[[Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET]] = True
        affect = Affect(tuple(probabilities), valence, arousal)
        assert len(probabilities) == len(EMOTIONS)
        return FeatureWindow(sample.time, span, features, present, affect, ranged, SCHEMA_VERSION)


def absent_window(time: float, span: float) -> FeatureWindow:
    """A window in which nothing was seen: no condition is present."""
    features, present = np.zeros(FEATURE_SIZE, np.float32), np.zeros(CONDITIONS, np.bool_)
    return FeatureWindow(time, span, features, present, None, 0.0, SCHEMA_VERSION)
