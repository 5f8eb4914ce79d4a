"""Drawing one label: from weights to a choice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]


def log_sum(scores: Weights) -> float:
    """log Σ exp ``scores``."""
    top = scores.max()
    return float(top + np.log(np.exp(scores - top).sum()))


def nucleus(weights: Weights, share: float) -> Weights:
    """``weights`` with all but the largest that together hold ``share`` of them set to 0 (Holtzman et al. 2020)."""
    order = np.argsort(-weights, kind="stable")
    before = np.cumsum(weights[order]) - weights[order]
    kept = weights.copy()
    kept[order[before >= share * weights.sum()]] = 0.0
    return kept


def one_hot(probabilities: Weights) -> Weights:
    """All on the likeliest."""
    result = np.zeros_like(probabilities)
    result[probabilities.argmax()] = 1.0
    return result


def draw(probabilities: Weights, rng: np.random.Generator) -> int:
    """One label; a label of probability 0 never comes."""
    cumulative = np.cumsum(probabilities)
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
