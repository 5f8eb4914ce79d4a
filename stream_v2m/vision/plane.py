"""The plane of valence and arousal: where the six emotions lie on it, and the way from one to the other and back.

The two agree: ``locate`` of what ``place`` says is where one was, and a mean of log-probabilities, renormalised (a
logarithmic opinion pool), is the ``place`` of the mean point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

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
_STEPS, _LONGEST_STEP = 12, 0.5  # of Newton's method, which is done after five or so
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

    It is the point whose ``place`` is likeliest to have given these (maximum likelihood): there the mean of the
    centroids is the same. Found by Newton's method within the plane; the likelihood is concave.
    """
    centroids = np.array([CENTROIDS[name] for name in EMOTIONS])
    mean = np.array(probabilities) @ centroids
    point = np.zeros(2)
    for _ in range(_STEPS):
        shares = np.array(place(*point.tolist()).probabilities)
        away = centroids - shares @ centroids
        slope = 2 / TEMPERATURE * (away * shares[:, None]).T @ away  # of the mean of the centroids
        step = np.linalg.solve(slope, mean - shares @ centroids)
        point = np.clip(point + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), -1.0, 1.0)
    valence, arousal = point.tolist()
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
