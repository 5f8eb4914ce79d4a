"""What models are judged by, in numpy: one song at a time, then the mean over songs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream_v2m.inference.contract import END

PROTOCOL_SECONDS = 300  # Video2Music's evaluation reads no further

Floats = NDArray[np.floating]
Labels = NDArray[np.int64]


def protocol_targets(seconds: Labels) -> tuple[Labels, Labels]:
    """What the published protocol asks for: the chords before [n] and the targets [n] of one song.

    The first chord is given. END follows the last chord of a song that is shorter than 300 s; padding is no target.
    """
    cut = seconds[:PROTOCOL_SECONDS]
    if len(seconds) < PROTOCOL_SECONDS:
        return cut, np.append(cut[1:], END)
    return cut[:-1], cut[1:]


def hits(logits: Floats, targets: Labels, k: int) -> float:
    """Share of targets [n] among the ``k`` highest of ``logits`` [n, C]; ties count against the target."""
    own = np.take_along_axis(logits, targets[:, None], axis=1)
    rank = (logits >= own).sum(axis=1)
    return float(np.mean(rank <= k))


def cross_entropy(logits: Floats, targets: Labels) -> float:
    """Mean −log softmax(logits)[target] in nats; logits [n, C], targets [n]."""
    x = logits.astype(np.float64)
    x = x - x.max(axis=1, keepdims=True)
    own = np.take_along_axis(x, targets[:, None], axis=1)[:, 0]
    return float(np.mean(np.log(np.exp(x).sum(axis=1)) - own))


def accuracy_at_changes(logits: Floats, before: Labels, targets: Labels) -> float:
    """Share of right first choices where the chord changes (END is no change); NaN where it never does."""
    change = (before != targets) & (targets != END)
    if not change.any():
        return float("nan")
    return float(np.mean(logits[change].argmax(axis=1) == targets[change]))


def chord_scores(logits: Floats, before: Labels, targets: Labels) -> dict[str, float]:
    """Every chord metric of one song."""
    return {
        "hits_1": hits(logits, targets, 1),
        "hits_3": hits(logits, targets, 3),
        "hits_5": hits(logits, targets, 5),
        "cross_entropy": cross_entropy(logits, targets),
        "at_changes": accuracy_at_changes(logits, before, targets),
    }


def rmse(predicted: Floats, actual: Floats) -> float:
    """Root of the mean squared error of [n] against [n]."""
    return float(np.sqrt(np.mean((predicted.astype(np.float64) - actual) ** 2)))


def correlation(predicted: Floats, actual: Floats) -> float:
    """Pearson's correlation of [n] with [n]; 0 for a constant prediction, NaN for a constant target."""
    x, y = predicted.astype(np.float64), actual.astype(np.float64)
    x, y = x - x.mean(), y - y.mean()
    if not (y @ y) > 0:
        return float("nan")
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 1e-9 else 0.0


def mean_over_songs(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of every metric over songs, leaving out songs where it is NaN."""
    return {name: float(np.nanmean([score[name] for score in scores])) for name in scores[0]}
