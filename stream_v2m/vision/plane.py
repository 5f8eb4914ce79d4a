"""The plane of valence and arousal: where the six emotions lie on it, and the way from one to the other and back.

Both ways are linear in logarithms, so they agree: a mean of log-probabilities, renormalised (a logarithmic opinion
pool), is the ``place`` of the mean point, and ``locate`` of what ``place`` says is where one was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.values import Affect

# Russell 1980 puts excitement at 45°, distress at 135°, displeasure at 180°, depression at 225° and relaxation at 315°
# of the circumplex; here exciting lies at 47°, tense at 115°, fearful at 153°, sad at 222°, relaxing at 320°: tension
# is fear with less displeasure and as much arousal. Neutral is the middle.
CENTROIDS: dict[str, tuple[float, float]] = {
    "exciting": (0.55, 0.6),
    "fearful": (-0.7, 0.35),
    "tense": (-0.3, 0.65),
    "sad": (-0.55, -0.5),
    "relaxing": (0.6, -0.5),
    "neutral": (0.0, 0.0),
}

TEMPERATURE = 0.45
LEAST = 1e-4  # probability; MuVi-Sync keeps four decimals, and no estimator is surer than that


def place(valence: float, arousal: float) -> Affect:
    """The mood at a point of the plane: a softmax of squared distances to the centroids.

    ``TEMPERATURE`` makes the leading probability as sure as in MuVi-Sync, whose quantiles .05, .25, .5,
    .75, .95 are .29, .37, .45, .56, .77: docs/affect.md has those of the estimators.
    """
    scores = [
        -((valence - CENTROIDS[name][0]) ** 2 + (arousal - CENTROIDS[name][1]) ** 2) / TEMPERATURE for name in EMOTIONS
    ]
    return Affect(softmax(scores), valence, arousal)


def locate(probabilities: Sequence[float]) -> tuple[float, float]:
    """Valence and arousal, −1…1, of six probabilities: the inverse of ``place``.

    log p = (2 x·c − |c|²) / TEMPERATURE + a constant, solved for x by least squares over the six.
    """
    inverse, squares = _inverse()
    points = inverse @ ((TEMPERATURE * np.array(logarithms(probabilities)) + squares) / 2)
    valence, arousal = np.clip(points, -1.0, 1.0).tolist()
    return valence, arousal


def logarithms(probabilities: Sequence[float]) -> list[float]:
    """log p, where nothing is less likely than ``LEAST``."""
    return [math.log(max(LEAST, probability)) for probability in probabilities]


def softmax(scores: Sequence[float]) -> tuple[float, ...]:
    """Probabilities whose logarithms differ as ``scores`` do."""
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def ruled_out(probabilities: Sequence[float]) -> float:
    """How sure a distribution is, 0–1: the share of the other five emotions that it rules out.

    The number of emotions that it leaves is exp of its entropy (Hill 1973): 6 where all are as likely, 1 if one is
    certain.
    """
    entropy = -sum(p * math.log(p) for p in probabilities if p > 0)
    return min(1.0, max(0.0, (len(EMOTIONS) - math.exp(entropy)) / (len(EMOTIONS) - 1)))


@cache
def _inverse() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pseudo-inverse [2, 6] of the centred centroids, and the centroids' squared lengths [6]."""
    centroids = np.array([CENTROIDS[name] for name in EMOTIONS])
    centred = centroids - centroids.mean(axis=0)
    return np.linalg.pinv(centred) @ (np.eye(len(EMOTIONS)) - 1 / len(EMOTIONS)), (centroids**2).sum(axis=1)
