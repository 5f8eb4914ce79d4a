"""Motion: how much the picture moves, in the data's units and whatever the frame rate."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

REFERENCE = 1 / 25  # seconds between the adjacent frames that MuVi-Sync's motion compares
_FADED = 0.5  # seconds; a comparison over a longer gap says nothing of motion

# A difference grows with the displacement d as about d^0.7, between 1 (smooth pictures) and 0.5 (fine grain).
_GROWTH = 0.7


class MotionMeter:
    """Mean absolute difference 0–255 of the luma against the frame about 1/25 s ago.

    Where the rate is higher a frame further back is compared, where it is lower the difference is
    scaled to the reference interval.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, NDArray[np.int16]]] = deque()

    def measure(self, luma: NDArray[np.uint8], time: float) -> float:
        """Motion of the frame [90, 160] captured at ``time``; 0 for the first and after a gap."""
        picture = luma.astype(np.int16)
        while len(self._past) > 1 and time - self._past[1][0] >= REFERENCE * 0.75:
            self._past.popleft()
        motion = 0.0
        if self._past:
            then, before = self._past[0]
            elapsed = time - then
            if 0 < elapsed <= _FADED:
                difference = float(np.abs(picture - before).mean())
                motion = min(255.0, difference * (REFERENCE / elapsed) ** _GROWTH)
        self._past.append((time, picture))
        return motion
