"""Cuts and flashes: found in the first frame, told apart two frames later."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.values import Event

Blocks = NDArray[np.float32]

# A picture has come back when it is nearer to the one before than this share of its distance to the one between;
# after a hit it must at least be nearer, after some time it must be much nearer, or shots alike would do.
_NEARER, _MUCH_NEARER = 0.75, 0.5
_STALLED = 4.0  # times the gap before

_ROWS, _COLUMNS, _SIDE = 9, 16, 10  # blocks of 10 × 10 pixels
_FLAT = 16.0  # luma deviation below which structure is noise
_CHROMA = 40.0  # chroma levels that weigh as much as one standard deviation of luma


class CutConfig(BaseModel):
    """What counts as a cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(0.5, gt=0, description="change of structure and colour that a cut makes at least")
    ratio: float = Field(1.7, ge=1, description="and how many times the largest change of the last second")
    refractory_s: float = Field(0.3, ge=0, description="no second hit within this time")
    strobe_s: float = Field(1.0, ge=0, description="two hits at most within this time, and none that only returns")
    confirm_frames: int = Field(2, ge=1, le=10, description="frames after which a hit is told as cut or flash")
    confirm_s: float = Field(0.06, ge=0, description="and at least this long after it: a flash is shorter")
    stall_s: float = Field(1.0, gt=0, description="over a longer, unusual gap between frames nothing is compared")


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and when it began."""

    event: Event
    origin: float


@dataclass(frozen=True, slots=True)
class _Hit:
    """A hit that is not yet told apart.

    Attributes:
        before, picture: the last picture before it and its first.
        change: from the one to the other.
        after: the changes from frame to frame since.
    """

    origin: float
    before: Blocks
    picture: Blocks
    change: float
    after: list[float] = field(default_factory=list)


class CutDetector:
    """Compares neighbouring frames by blocks, after taking gain and offset out of the luma.

    So an exposure step is no cut, and a fade changes too little from frame to frame. A hit must stand
    out from the changes of the last second (as in PySceneDetect's adaptive detector, but
    causal), so neither shake nor a fast pan is one. Two frames later the picture has either returned (a flash)
    or not (a cut), or goes on changing as much (a whip pan: neither). Fades and dissolves are no events.

    Attributes:
        settled: whether the last frame continues the one before it; false from a jump, told or not,
            until a hit has been told apart. Across a jump a difference is no motion.
    """

    def __init__(self, config: CutConfig) -> None:
        self.settled = True
        self._config = config
        self._usual: deque[tuple[float, float]] = deque()
        self._hits: deque[float] = deque([-math.inf, -math.inf], maxlen=2)
        self._last: tuple[float, Blocks] | None = None
        self._gap = 0.0
        self._jump: tuple[float, Blocks] | None = None  # the last jump, and the picture before it
        self._pending: _Hit | None = None

    def see(self, small: NDArray[np.uint8], time: float) -> list[Happening]:
        """What happens in the frame [3, 90, 160] captured at ``time``: a hit, or what a hit turned out to be."""
        blocks, last = _blocks(small), self._last
        self._last = time, blocks
        if last is None or self._resumes(time - last[0]):
            self._pending, self.settled = None, True
            return []
        change = _change(last[1], blocks)
        if self._pending is not None:
            return self._confirm(self._pending, blocks, change, time)
        self.settled = change < max(self._config.threshold, self._config.ratio * self._usual_change(time))
        if not self.settled and self._strikes(last[1], blocks, time):
            self._pending = _Hit(time, last[1], blocks, change)
            self._hits.append(time)
            self._usual.clear()  # what was usual in the shot before is not in this one
            return [Happening(Event.HIT, time)]
        self._usual.append((time, change))
        return []

    def _resumes(self, gap: float) -> bool:
        usual, self._gap = self._gap, gap
        return gap > max(self._config.stall_s, _STALLED * usual)

    def _strikes(self, before: Blocks, blocks: Blocks, time: float) -> bool:
        """Whether a jump may be a hit: not one of a strobe's, nor the end of a long flash."""
        earlier, last = self._hits
        jump, self._jump = self._jump, (time, before)
        if (
            jump is not None
            and time - jump[0] < self._config.strobe_s
            and _returned(jump[1], before, blocks, _MUCH_NEARER)
        ):
            return False
        return time - last >= self._config.refractory_s and time - earlier >= self._config.strobe_s

    def _confirm(self, hit: _Hit, blocks: Blocks, change: float, time: float) -> list[Happening]:
        hit.after.append(change)
        if len(hit.after) < self._config.confirm_frames or time - hit.origin < self._config.confirm_s:
            return []
        self._pending = None
        if _returned(hit.before, hit.picture, blocks, _NEARER):
            return [Happening(Event.FLASH, hit.origin)]
        if hit.change < self._config.ratio * min(hit.after):
            return []  # it goes on as it began: a whip pan
        return [Happening(Event.CUT, hit.origin)]

    def _usual_change(self, time: float) -> float:
        while self._usual and time - self._usual[0][0] > 1.0:
            self._usual.popleft()
        return max((change for _, change in self._usual), default=0.0)


def _blocks(small: NDArray[np.uint8]) -> Blocks:
    """Block means float32 [3, 9, 16]: luma without its mean and scale, chroma on the same footing."""
    rows = small.reshape(3, _ROWS, _SIDE, -1).sum(axis=2, dtype=np.uint16)
    columns = np.add.reduceat(rows, np.arange(0, _COLUMNS * _SIDE, _SIDE), axis=2, dtype=np.uint32)
    blocks: Blocks = columns.astype(np.float32) / np.float32(_SIDE * _SIDE)
    luma = blocks[0] - blocks[0].mean()
    blocks[0] = luma / max(_FLAT, float(luma.std()))
    blocks[1:] = (blocks[1:] - 128) / _CHROMA
    return blocks


def _change(a: Blocks, b: Blocks) -> float:
    """Mean absolute difference of structure, plus that of colour."""
    luma, blue, red = np.abs(a - b).reshape(3, -1).sum(axis=1).tolist()
    return float(luma + 0.5 * (blue + red)) / (_ROWS * _COLUMNS)


def _returned(before: Blocks, during: Blocks, now: Blocks, share: float) -> bool:
    return _change(before, now) < share * _change(during, now)
