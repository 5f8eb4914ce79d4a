"""Whether bars of one body of music fall where bars of another do: the number of statistically different bins.

Richardson & Weiss 2018, "On GANs and GMMs", NeurIPS (arXiv 1805.12462), section 4. Its test takes samples to be
independent, which bars of one piece are not: compare with what held-out real music gets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.metrics.musicality import SIXTEENTHS, entropy, onset_patterns
from models.metrics.piece import Floats, Ints, Piece

SIGNIFICANCE = 0.05
BAR_FEATURES = ("onsets", "notes", "pitch", "spread", "velocity", "velocity spread", "length", "entropy")


def bar_features(piece: Piece) -> Floats:
    """What each bar that has notes is like [B, 8], in the order of ``BAR_FEATURES``.

    Sixteenths with an onset; notes; mean and standard deviation of pitch; the same of velocity; mean length as a share
    of the bar, at most 4; entropy of pitch classes in bits.
    """
    bar, _ = piece.by_bar(SIXTEENTHS)
    onsets = onset_patterns(piece).sum(axis=1)
    rows = []
    for index in range(len(piece.bars) - 1):
        own = bar == index
        if not own.any():
            continue
        pitch, velocity = piece.pitch[own], piece.velocity[own]
        bar_s = piece.bar_starts[index + 1] - piece.bar_starts[index]
        lengths = np.minimum((piece.end[own] - piece.start[own]) / bar_s, 4)
        classes = np.bincount(pitch % 12, minlength=12)
        rows.append(
            (
                onsets[index],
                own.sum(),
                pitch.mean(),
                pitch.std(),
                velocity.mean(),
                velocity.std(),
                lengths.mean(),
                entropy(classes),
            )
        )
    return np.array(rows, np.float64).reshape(-1, len(BAR_FEATURES))


@dataclass(frozen=True)
class Bins:
    """K cells around ``centres`` [K, D] of standardised features, and how many reference samples fall in each [K]."""

    mean: Floats
    scale: Floats
    centres: Floats
    counts: Ints

    @classmethod
    def fit(cls, samples: Floats, count: int, seed: int = 0) -> Bins:
        """K-means of reference samples [N, D]; cells that stay empty are left out."""
        from scipy.cluster.vq import kmeans2

        mean, scale = samples.mean(axis=0), samples.std(axis=0) + 1e-6
        standard = (samples - mean) / scale
        centres, labels = kmeans2(standard, count, iter=50, minit="++", seed=seed)
        counts = np.bincount(labels, minlength=count)
        return cls(mean, scale, centres[counts > 0], counts[counts > 0])

    def assign(self, samples: Floats) -> Ints:
        """How many of ``samples`` [N, D] are nearest to each centre [K]."""
        standard = (samples - self.mean) / self.scale
        nearest = ((standard[:, None] - self.centres) ** 2).sum(axis=2).argmin(axis=1)
        return np.bincount(nearest, minlength=len(self.centres))

    def different(self, samples: Floats) -> float:
        """NDB / K: share of bins whose proportion differs, by a two-proportion z-test at 0.05."""
        return float(np.mean(different_proportions(self.counts, self.assign(samples))))


def different_proportions(one: Ints, other: Ints) -> Ints:
    """1 where the shares of two counts [K] differ by the two-sided two-proportion z-test, else 0."""
    n, m = int(one.sum()), int(other.sum())
    found = np.zeros(len(one), np.int64)
    for index, (a, b) in enumerate(zip(one, other, strict=True)):
        pooled = (a + b) / (n + m)
        error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = abs(a / n - b / m) / error if error > 0 else 0.0
        found[index] = math.erfc(z / math.sqrt(2)) < SIGNIFICANCE
    return found
