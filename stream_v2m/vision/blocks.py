"""Blocks: the small picture as 9 × 16 means, what noise and small movements leave alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.values import SMALL_HEIGHT, SMALL_WIDTH

Blocks = NDArray[np.float32]

SIDE = 10  # pixels
ROWS, COLUMNS = SMALL_HEIGHT // SIDE, SMALL_WIDTH // SIDE

# Sums along a row of pixels as a product: many times faster than a mean over axes of a reshaped array.
_ACROSS = np.repeat(np.eye(COLUMNS, dtype=np.float32), SIDE, axis=0)
_DOWN = np.repeat(np.eye(ROWS, dtype=np.float32), SIDE, axis=1) / np.float32(SIDE * SIDE)


def block_means(planes: NDArray[np.uint8]) -> Blocks:
    """Means float32 [..., 9, 16] of planes uint8 [..., 90, 160]."""
    means: Blocks = _DOWN @ (planes.astype(np.float32) @ _ACROSS)
    return means
