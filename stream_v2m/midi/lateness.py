"""How late messages leave: percentiles of the newest ones, the maximum and the count of late ones of all."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

WINDOW = 512


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
        self._max = 0.0

    def add(self, seconds: float) -> None:
        """Count one message that left ``seconds`` after it was due."""
        self._sent += 1
        self._late += seconds > self._threshold
        self._max = max(self._max, seconds)
        self._newest.append(seconds)

    def summary(self) -> LatenessSummary:
        """All figures, now."""
        ordered = sorted(self._newest) or [0.0]
        p50, p99 = (1000 * ordered[round(part * (len(ordered) - 1))] for part in (0.5, 0.99))
        return LatenessSummary(self._sent, self._late, p50, p99, 1000 * self._max)
