"""Motion: how much the picture moves, in the data's units and whatever the frame rate."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

REFERENCE = 1 / 25  # seconds between the adjacent frames that MuVi-Sync's motion compares
_FADED = 0.5  # seconds; a comparison over a longer gap says nothing of motion
_REPEATED = 0.1  # seconds; for so long an unchanged picture may be a slower film's, repeated

# A difference grows with the displacement d as about d^0.7, between 1 (smooth pictures) and 0.5 (fine grain).
_GROWTH = 0.7


class MotionMeter:
    """Mean absolute difference 0–255 of the luma against the frame about 1/25 s ago.

    Where the rate is higher a frame further back is compared, where it is lower the difference is
    scaled to the reference interval. A repeated picture is passed over at first; one that stays is still.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, NDArray[np.uint8]]] = deque()
        self._motion = 0.0

    def measure(self, luma: NDArray[np.uint8], time: float) -> float:
        """Motion of the frame [90, 160] captured at ``time``; 0 for the first and after a gap."""
        if self._past and np.array_equal(luma, self._past[-1][1]):
            if self._motion == 0.0 or time - self._past[-1][0] > _REPEATED:
                self.restart()
                self._past.append((time, luma))
                self._motion = 0.0
            return self._motion
        while len(self._past) > 1 and time - self._past[1][0] >= REFERENCE * 0.75:
            self._past.popleft()
        if self._past:
            elapsed = time - self._past[0][0]
            if elapsed > 0:
                growth = (REFERENCE / elapsed) ** _GROWTH if elapsed <= _FADED else 0.0
                self._motion = min(255.0, _difference(self._past[0][1], luma) * growth)
        self._past.append((time, luma))
        return self._motion

    def restart(self) -> None:
        """The picture has jumped: it is not compared with what came before, and the last motion stands."""
        self._past.clear()


def _difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Mean absolute difference, without leaving eight bits, where vector instructions are quickest."""
    return float((np.maximum(a, b) - np.minimum(a, b)).sum(dtype=np.uint32)) / a.size
