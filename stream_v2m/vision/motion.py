"""Motion: how much the picture moves, in the data's units and whatever the frame rate."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from stream_v2m.vision.blocks import COLUMNS, ROWS, Blocks, block_means, cell_means

REFERENCE = 1 / 25  # seconds between the adjacent frames that MuVi-Sync's motion compares
_FADED = 0.5  # seconds; a comparison over a longer gap says nothing of motion
_REPEATED = 0.1  # seconds; for so long an unchanged picture may be a slower film's, repeated
_REPEATED_SHARE = 0.1  # of the motion; a codec does not repeat a picture exactly

# A difference grows with the displacement d as about d^0.9: 0.85–0.9 in an animated film, 1.0–1.09 over a road.
_GROWTH = 0.9

_QUIET = ROWS * COLUMNS // 20  # a twentieth of the blocks: the stillest, where noise is alone, or the flattest
_NOISE_MARGIN = 1.3  # the other blocks of pure noise, against those
_USUAL_NOISE = 0.3  # at first; less is learnt at once, more slowly
_NOISE_AT_MOST = 2.0  # or a long pan would be taken for noise
_NOISE_RISE_S, _NOISE_FALL_S = 20.0, 1.0


class MotionMeter:
    """Mean absolute difference 0–255 of the luma against the frame about 1/25 s ago.

    Where the rate is higher a frame further back is compared, where it is lower the difference is
    scaled to the reference interval. A repeated picture is passed over at first; one that stays is still.

    Attributes:
        energy: of the last motion, what stands out of the sensor's noise, block by block, so that a
            small dancer in a noisy picture counts. The noise is what the quietest blocks show.
        blocks: the same of each block, float32 [144].
        compared: the cells of the two pictures that were compared for it, and the seconds between them; None for the
            first, and over a gap.
        frozen: the noise is no longer followed.
    """

    def __init__(self) -> None:
        self.energy = 0.0
        self.blocks = np.zeros(ROWS * COLUMNS, np.float32)
        self.compared: tuple[Blocks, Blocks, float] | None = None
        self.frozen = False
        self._past: deque[tuple[float, NDArray[np.uint8], Blocks]] = deque()
        self._motion, self._noise = 0.0, _USUAL_NOISE

    def measure(self, luma: NDArray[np.uint8], time: float) -> float:
        """Motion of the frame [90, 160] captured at ``time``; 0 for the first and after a gap."""
        cells = cell_means(luma)
        if self._past:
            then, newest, _ = self._past[-1]
            changed = _changes(newest, luma)
            if time - then <= _REPEATED and _mean(changed) <= _REPEATED_SHARE * self._motion:
                if self._motion == 0:  # what starts to move now has moved since this frame
                    self._past.clear()
                    self._past.append((time, luma, cells))
                return self._motion
            while len(self._past) > 1 and time - self._past[1][0] >= REFERENCE * 0.75:
                self._past.popleft()
            since = min(time - then, _FADED)
            then, before, cells_before = self._past[0]
            if time > then:
                self._compare(changed if before is newest else _changes(before, luma), time - then, since)
                self.compared = (cells_before, cells, time - then) if time - then <= _FADED else None
        self._past.append((time, luma, cells))
        return self._motion

    def restart(self) -> None:
        """The picture has jumped: it is not compared with what came before, and the last motion stands."""
        self._past.clear()

    def _compare(self, blocks: Blocks, elapsed: float, since: float) -> None:
        if not self.frozen:
            quiet = float(np.partition(blocks, _QUIET)[_QUIET])
            follow = _NOISE_RISE_S if quiet > self._noise else _NOISE_FALL_S
            self._noise += (quiet - self._noise) * -math.expm1(-since / follow)
        noise = min(self._noise, _NOISE_AT_MOST)
        growth = (REFERENCE / elapsed) ** _GROWTH if elapsed <= _FADED else 0.0
        standing = np.maximum(blocks - _NOISE_MARGIN * noise, 0)
        motion, energy = _mean(blocks), _mean(standing)
        self._motion, self.energy = min(255.0, motion * growth), min(255.0, energy * growth)
        self.blocks = standing * np.float32(growth)


def _changes(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> Blocks:
    """Means of the absolute difference, float32 [144]."""
    # without leaving eight bits, where vector instructions are quickest
    return block_means(np.maximum(a, b) - np.minimum(a, b)).ravel()


def _mean(blocks: Blocks) -> float:
    """What ``blocks.mean()`` is, in a quarter of the time."""
    return float(blocks.sum()) / blocks.size
