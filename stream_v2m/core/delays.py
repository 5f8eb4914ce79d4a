"""Delays: how long after it was made each of some changes was seen or heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_SHARE = 0.6  # of what was made; with less the match may be chance
LEAST = 4
MOST_SPREAD = 0.12  # seconds


@dataclass(frozen=True, slots=True)
class Delays:
    """Attributes:
    seconds: one for each change that was found again.
    made: how many there were.
    """

    seconds: tuple[float, ...]
    made: int

    @property
    def usual(self) -> float:
        """The median in seconds; there must be one."""
        return float(np.median(self.seconds))

    @property
    def spread(self) -> float:
        """Seconds from the quickest tenth to the slowest."""
        low, high = np.quantile(self.seconds, (0.1, 0.9))
        return float(high - low)

    @property
    def fault(self) -> str | None:
        """Why they cannot be believed; None if they can."""
        found = len(self.seconds)
        if found < max(LEAST, LEAST_SHARE * self.made):
            return f"{found} of {self.made} were found"
        if self.spread > MOST_SPREAD:
            return f"they differ by {self.spread * 1000:.0f} ms"
        return None

    def __str__(self) -> str:
        figures = f"{self.usual * 1000:.1f} ms, {self.spread * 1000:.1f} ms spread, " if self.seconds else ""
        return f"{figures}{len(self.seconds)} of {self.made} found"
