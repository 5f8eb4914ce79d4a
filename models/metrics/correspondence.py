"""Whether music answers its picture: agreement with the mood, blind matching, effect sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.metrics.protocol import correlation
from stream_v2m.core.chords import Chord
from stream_v2m.core.emotions import ALLOWED_QUALITIES

Floats = NDArray[np.float64]


def agrees(chord: Chord, emotion: str) -> bool | None:
    """Whether Video2Music's table allows the chord's quality under the emotion; None where it says nothing."""
    allowed = ALLOWED_QUALITIES[emotion]
    return chord.quality in allowed if allowed and chord.root is not None else None


def by_second(times: Sequence[float], values: Sequence[float], seconds: int) -> Floats:
    """Mean of what falls in each second [seconds], without its largest, which may be a cut.

    A median would take for still what is shaken every third frame. A second with less than two is like the
    one before, the first 0.
    """
    second = np.floor(np.asarray(times, np.float64)).astype(np.int64)
    amounts = np.asarray(values, np.float64)
    found = np.zeros(seconds)
    for index in range(seconds):
        own = np.sort(amounts[second == index])[:-1]
        found[index] = own.mean() if own.size else found[index - 1] if index else 0.0
    return found


def likeness(pictures: Sequence[Floats], musics: Sequence[Sequence[Floats]]) -> Floats:
    """How alike each picture's course [T] and each music's courses, a few of [T], run: mean correlation [N, N]."""
    return np.array([[_likeness(motion, music) for music in musics] for motion in pictures])


def _likeness(motion: Floats, music: Sequence[Floats]) -> float:
    return float(np.nan_to_num([correlation(course, motion) for course in music]).mean())


def match(scores: Floats) -> list[int]:
    """Which music each picture gets when all are given out so that the sum of ``scores`` [N, N] is highest."""
    from scipy.optimize import linear_sum_assignment

    return [int(column) for column in linear_sum_assignment(-scores)[1]]


def chance_of(right: int, count: int) -> float:
    """Probability that a random one-to-one matching of ``count`` has at least so many ``right``."""
    return math.fsum(_deranged(count - hits) / math.factorial(hits) for hits in range(right, count + 1))


def _deranged(count: int) -> float:
    """Share of permutations of ``count`` that leave nothing in its place."""
    return math.fsum((-1) ** k / math.factorial(k) for k in range(count + 1))


def mean_rank(scores: Floats) -> float:
    """Where each picture's own music stands among all, 1 the best, on average; by chance (N + 1) / 2."""
    own = np.diag(scores)[:, None]
    return float(((scores > own).sum(axis=1) + ((scores == own).sum(axis=1) + 1) / 2).mean())


def cohens_d(one: Floats, other: Floats) -> float:
    """Difference of the means, first less second, in pooled standard deviations (Cohen 1988); NaN without spread."""
    n, m = len(one), len(other)
    pooled = math.sqrt(((n - 1) * one.var(ddof=1) + (m - 1) * other.var(ddof=1)) / (n + m - 2))
    return float((one.mean() - other.mean()) / pooled) if pooled > 0 else float("nan")
