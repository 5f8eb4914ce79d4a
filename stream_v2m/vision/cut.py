"""Cuts and flashes: found in the first frame, told apart two frames later."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.values import Event

Blocks = NDArray[np.float32]

_LARGE = 0.9  # quantile

_ROWS, _COLUMNS, _SIDE = 9, 16, 10  # blocks of 10 × 10 pixels
_FLAT = 16.0  # luma deviation below which structure is noise
_CHROMA = 40.0  # chroma levels that weigh as much as one standard deviation of luma


class CutConfig(BaseModel):
    """What counts as a cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(0.5, gt=0, description="change of structure and colour that a cut makes at least")
    ratio: float = Field(1.7, ge=1, description="and how many times the large changes of the last second")
    refractory_s: float = Field(0.3, ge=0, description="no second hit within this time")
    strobe_s: float = Field(1.0, ge=0, description="two hits within this time make a strobe; no more of it are told")
    confirm_frames: int = Field(2, ge=1, le=10, description="frames after which a hit is told as cut or flash")


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and when it began."""

    event: Event
    origin: float


class CutDetector:
    """Compares neighbouring frames by blocks, after taking gain and offset out of the luma.

    So an exposure step is no cut, and a fade changes too little from frame to frame. A hit must stand
    out from the large changes of the last second (as in PySceneDetect's adaptive detector, but
    causal), so neither shake nor a fast pan is one. Two frames later the picture has either returned (a flash)
    or not (a cut). Fades and dissolves are no events.
    """

    def __init__(self, config: CutConfig) -> None:
        self._config = config
        self._usual: deque[tuple[float, float]] = deque()
        self._before: Blocks | None = None
        self._hits: deque[float] = deque([-math.inf, -math.inf], maxlen=2)
        self._pending: tuple[float, Blocks, float, int] | None = None  # origin, picture before, change, frames since

    def see(self, small: NDArray[np.uint8], time: float) -> list[Happening]:
        """What happens in the frame [3, 90, 160] captured at ``time``: at most a confirmation and a hit."""
        blocks, before = _blocks(small), self._before
        self._before = blocks
        if before is None:
            return []
        change = _change(before, blocks)
        if self._pending is not None:
            return self._confirm(blocks)
        large = max(self._config.threshold, self._config.ratio * self._usual_change(time))
        if change >= large and self._may_hit(time):
            self._pending = (time, before, change, 0)
            self._hits.append(time)
            self._usual.clear()  # what was usual in the shot before is not in this one
            return [Happening(Event.HIT, time)]
        self._usual.append((time, change))
        return []

    def _may_hit(self, time: float) -> bool:
        earlier, last = self._hits
        return time - last >= self._config.refractory_s and time - earlier >= self._config.strobe_s

    def _confirm(self, blocks: Blocks) -> list[Happening]:
        assert self._pending is not None
        origin, reference, change, frames = self._pending
        if frames + 1 < self._config.confirm_frames:
            self._pending = (origin, reference, change, frames + 1)
            return []
        self._pending = None
        returned = _change(reference, blocks) < 0.5 * change
        return [Happening(Event.FLASH if returned else Event.CUT, origin)]

    def _usual_change(self, time: float) -> float:
        while self._usual and time - self._usual[0][0] > 1.0:
            self._usual.popleft()
        return float(np.quantile([change for _, change in self._usual], _LARGE)) if self._usual else 0.0


def _blocks(small: NDArray[np.uint8]) -> Blocks:
    """Block means float32 [3, 9, 16]: luma without its mean and scale, chroma on the same footing."""
    rows = small.reshape(3, _ROWS * _SIDE, _COLUMNS, _SIDE).sum(axis=3, dtype=np.uint16)
    blocks: Blocks = rows.reshape(3, _ROWS, _SIDE, _COLUMNS).mean(axis=2, dtype=np.float32) / np.float32(_SIDE)
    luma = blocks[0] - blocks[0].mean()
    blocks[0] = luma / max(_FLAT, float(luma.std()))
    blocks[1:] = (blocks[1:] - 128) / _CHROMA
    return blocks


def _change(a: Blocks, b: Blocks) -> float:
    """Mean absolute difference of structure, plus that of colour."""
    difference = np.abs(a - b).mean(axis=(1, 2))
    return float(difference[0] + 0.5 * (difference[1] + difference[2]))
