"""How late messages leave: percentiles of the newest ones, the maximum and the count of late ones of all."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from itertools import accumulate
from typing import NamedTuple

WINDOW = 512
BOUNDS_MS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0)


class LatenessSummary(NamedTuple):
    """Messages sent, messages later than the threshold, and lateness in milliseconds."""

    sent: int
    late: int
    p50_ms: float
    p99_ms: float
    max_ms: float


class Lateness:
    """Collects sent − due.

    Args:
        threshold: seconds above which a message counts as late.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._newest: deque[float] = deque(maxlen=WINDOW)
        self._sent = self._late = 0
        self._max = self._sum = 0.0
        self._counts = [0] * (len(BOUNDS_MS) + 1)  # of the messages between two bounds

    def add(self, seconds: float) -> None:
        """Count one message that left ``seconds`` after it was due."""
        self._sent += 1
        self._late += seconds > self._threshold
        self._max = max(self._max, seconds)
        self._sum += seconds
        self._counts[bisect_left(BOUNDS_MS, seconds * 1000)] += 1
        self._newest.append(seconds)

    def summary(self) -> LatenessSummary:
        """All figures, now."""
        ordered = sorted(self._newest) or [0.0]
        p50, p99 = (1000 * ordered[round(part * (len(ordered) - 1))] for part in (0.5, 0.99))
        return LatenessSummary(self._sent, self._late, p50, p99, 1000 * self._max)

    def histogram(self) -> tuple[tuple[tuple[float, int], ...], float]:
        """Each bound in milliseconds with the count of messages up to it, and the sum of all lateness in ms."""
        return tuple(zip((*BOUNDS_MS, math.inf), accumulate(self._counts), strict=True)), self._sum * 1000
