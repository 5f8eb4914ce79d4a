"""The window: the last step's length of picture in one vector, for the models."""

from __future__ import annotations

import math
from collections import deque
from operator import mul
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.features import (
    CONDITIONS,
    EMOTION,
    FEATURE_SIZE,
    MOTION,
    SCENE_OFFSET,
    SCHEMA_VERSION,
    SEMANTIC,
    Condition,
)
from stream_v2m.core.values import Affect, FeatureWindow

_SHORTEST, _LONGEST = 1e-6, 0.5  # seconds that one frame may stand for
_SCENE_OFFSET_TOP = 600.0  # seconds; longer than any shot of the data
_NO_MOOD = (0.0,) * (2 + len(EMOTIONS))


class Sample(NamedTuple):
    """One frame's measures: motion in the data's units and ranged; mood and semantics [384] where they are known."""

    time: float
    elapsed: float
    motion: float
    ranged_motion: float
    affect: Affect | None
    semantics: NDArray[np.float32] | None = None


class WindowBuilder:
    """Keeps as many samples as the window spans; each counts by the time that it stands for.

    The mood is the mean of the samples that have one, and absent if none has; a scene's alone, since it was known.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self._weights: deque[float] = deque()
        self._moods: deque[float] = deque()  # weights of the moods: 0 where none is known
        self._rows: deque[tuple[float, ...]] = deque()
        self._scene_start = -math.inf

    def add(self, sample: Sample, *, span: float, scene_start: float) -> FeatureWindow:
        """The window of the ``span`` seconds up to ``sample``; ``scene_start``: the moment of the last cut."""
        if scene_start != self._scene_start:
            self._scene_start = scene_start
            self._moods = deque(0.0 for _ in self._moods)
        affect, weight = sample.affect, min(max(sample.elapsed, _SHORTEST), _LONGEST)
        mood = _NO_MOOD if affect is None else (affect.valence, affect.arousal, *affect.probabilities)
        self._times.append(sample.time)
        self._weights.append(weight)
        self._moods.append(0.0 if affect is None else weight)
        self._rows.append((sample.motion, sample.ranged_motion, *mood))
        while self._times[0] <= sample.time - span and len(self._times) > 1:
            for column in (self._times, self._weights, self._moods, self._rows):
                column.popleft()
        # The rows are few and short: numpy would take three times as long.
        total, felt = sum(self._weights), sum(self._moods)
        motions, moods = (columns := list(zip(*self._rows, strict=True)))[:2], columns[2:]
        motion, ranged = (sum(map(mul, self._weights, column)) / total for column in motions)
        features, present = np.zeros(FEATURE_SIZE, np.float32), np.zeros(CONDITIONS, np.bool_)
        features[MOTION] = motion
        features[SCENE_OFFSET] = min(sample.time - scene_start, _SCENE_OFFSET_TOP)
        present[Condition.MOTION] = present[Condition.SCENE_OFFSET] = True
        window_mood: Affect | None = None
        if felt:
            valence, arousal, *probabilities = (sum(map(mul, self._moods, column)) / felt for column in moods)
            window_mood = Affect(tuple(probabilities), valence, arousal)
            features[EMOTION], present[Condition.EMOTION] = probabilities, True
        if sample.semantics is not None:  # the newest alone, as the data has one picture a second
            features[SEMANTIC], present[Condition.SEMANTIC] = sample.semantics, True
        return FeatureWindow(sample.time, span, features, present, window_mood, ranged, SCHEMA_VERSION)


def absent_window(time: float, span: float) -> FeatureWindow:
    """A window in which nothing was seen: no condition is present."""
    features, present = np.zeros(FEATURE_SIZE, np.float32), np.zeros(CONDITIONS, np.bool_)
    return FeatureWindow(time, span, features, present, None, 0.0, SCHEMA_VERSION)
