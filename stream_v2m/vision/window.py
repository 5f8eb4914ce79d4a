"""The window: the last step's length of picture in one vector, for the models."""

from __future__ import annotations

from collections import deque
from operator import mul
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

_SHORTEST, _LONGEST = 1e-6, 0.5  # seconds that one frame may stand for
_SCENE_OFFSET_TOP = 600.0  # seconds; longer than any shot of the data
_MEASURED = [Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET]


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
        self._times: deque[float] = deque()
        self._weights: deque[float] = deque()
        self._rows: deque[tuple[float, ...]] = deque()

    def add(self, sample: Sample, *, span: float, scene_offset: float) -> FeatureWindow:
        """The window of the ``span`` seconds up to ``sample``; ``scene_offset``: seconds since the last cut."""
        affect = sample.affect
        self._times.append(sample.time)
        self._weights.append(min(max(sample.elapsed, _SHORTEST), _LONGEST))
        self._rows.append((sample.motion, sample.ranged_motion, affect.valence, affect.arousal, *affect.probabilities))
        while self._times[0] <= sample.time - span and len(self._times) > 1:
            for column in (self._times, self._weights, self._rows):
                column.popleft()
        # The rows are few and short: numpy would take three times as long.
        total = sum(self._weights)
        means = (sum(map(mul, self._weights, column)) / total for column in zip(*self._rows, strict=True))
        motion, ranged, valence, arousal, *probabilities = means
        assert len(probabilities) == len(EMOTIONS)
        features = np.zeros(FEATURE_SIZE, np.float32)
        features[EMOTION] = probabilities
        features[MOTION] = motion
        features[SCENE_OFFSET] = min(scene_offset, _SCENE_OFFSET_TOP)
        present = np.zeros(CONDITIONS, np.bool_)
        present[_MEASURED] = True
        mood = Affect(tuple(probabilities), valence, arousal)
        return FeatureWindow(sample.time, span, features, present, mood, ranged, SCHEMA_VERSION)


def absent_window(time: float, span: float) -> FeatureWindow:
    """A window in which nothing was seen: no condition is present."""
    features, present = np.zeros(FEATURE_SIZE, np.float32), np.zeros(CONDITIONS, np.bool_)
    return FeatureWindow(time, span, features, present, None, 0.0, SCHEMA_VERSION)
