"""Cuts and flashes: found in the first frame, told apart two frames later."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.values import Event
from stream_v2m.vision.likeness import Print, change, fades, moved

# A picture has come back when it is nearer to the one before than this share of its distance to the one between;
# after a hit it must at least be nearer, after some time it must be much nearer, or shots alike would do.
_NEARER, _MUCH_NEARER = 0.75, 0.5
_STALLED = 4.0  # times the gap before


class CutConfig(BaseModel):
    """What counts as a cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(0.5, gt=0, description="change of structure and colour that a cut makes at least")
    ratio: float = Field(1.7, ge=1, description="and how many times the largest change of the last second")
    refractory_s: float = Field(0.3, ge=0, description="no second hit within this time")
    strobe_s: float = Field(1.0, ge=0, description="after a jump to and fro within this time a strobe is going on")
    confirm_frames: int = Field(2, ge=1, le=10, description="frames after which a hit is told as cut or flash")
    confirm_s: float = Field(0.06, ge=0, description="and at least this long after it: a flash is shorter")
    stall_s: float = Field(1.0, gt=0, description="over a longer, unusual gap between frames nothing is compared")


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and when it began."""

    event: Event
    origin: float


@dataclass(slots=True)
class _Hit:
    """A hit that is not yet told apart: the last picture before it, its first, and how many frames came since."""

    origin: float
    before: Print
    picture: Print
    frames: int = 0


@dataclass(slots=True)
class _Jump:
    """The last jump, and its two sides: a strobe goes to and fro between them, and ``time`` is its last turn."""

    time: float
    sides: tuple[Print, Print]


class CutDetector:
    """Compares neighbouring frames by blocks, whatever their exposure.

    So an exposure step is no cut, and a fade changes too little from frame to frame. A hit must stand
    out from the changes of the last second (as in PySceneDetect's adaptive detector, but causal),
    and must not be the same view moved, so neither shake nor a fast pan is one. Two frames later
    the picture has either returned (a flash) or not (a cut): every hit is told apart exactly once, save
    where the stream stalls or ends. Fades and dissolves are no events. What goes to and fro
    between two pictures is a strobe, and told once.

    Attributes:
        settled: whether the last frame continues the one before it; false from a jump, told or not,
            until a hit has been told apart. Across a jump a difference is no motion.
    """

    def __init__(self, config: CutConfig) -> None:
        self.settled = True
        self._config = config
        self._usual: deque[tuple[float, float]] = deque()
        self._hit_at = -math.inf
        self._last: tuple[float, Print] | None = None
        self._gap = 0.0
        self._jump: _Jump | None = None
        self._pending: _Hit | None = None

    def restart(self) -> None:
        """Another stream begins: its first picture is compared with nothing, and a hit in the one before stays open."""
        self._last = self._pending = self._jump = None
        self._usual.clear()
        self._gap = 0.0

    def see(self, small: NDArray[np.uint8], time: float) -> list[Happening]:
        """What happens in the frame [3, 90, 160] captured at ``time``: a hit, or what a hit turned out to be."""
        now, last = Print.of(small), self._last
        self._last = time, now
        if last is None or self._resumes(time - last[0]):
            self._pending, self.settled = None, True
            return []
        if self._pending is not None:
            return self._confirm(self._pending, now, time)
        changed = change(last[1], now)
        self.settled = (
            changed < self._config.threshold
            or self._usually(changed, time)
            or fades(last[1], now)
            or moved(last[1], now)
        )
        if not self.settled and self._strikes(last[1], now, time):
            self._pending, self._hit_at = _Hit(time, last[1], now), time
            self._usual.clear()  # what was usual in the shot before is not in this one
            return [Happening(Event.HIT, time)]
        self._usual.append((time, changed))
        return []

    def _resumes(self, gap: float) -> bool:
        usual, self._gap = self._gap, gap
        return gap > max(self._config.stall_s, _STALLED * usual)

    def _strikes(self, before: Print, now: Print, time: float) -> bool:
        """Whether a jump may be a hit: neither a strobe's next turn nor the end of a long flash."""
        jump = self._jump
        if jump is not None and time - jump.time < self._config.strobe_s:
            there, back = jump.sides
            if _returned(there, back, now, _MUCH_NEARER) or _returned(back, there, now, _MUCH_NEARER):
                jump.time = time
                return False
        self._jump = _Jump(time, (before, now))
        return time - self._hit_at >= self._config.refractory_s

    def _confirm(self, hit: _Hit, now: Print, time: float) -> list[Happening]:
        hit.frames += 1
        if hit.frames < self._config.confirm_frames or time - hit.origin < self._config.confirm_s:
            return []
        self._pending = None
        returned = _returned(hit.before, hit.picture, now, _NEARER)
        return [Happening(Event.FLASH if returned else Event.CUT, hit.origin)]

    def _usually(self, changed: float, time: float) -> bool:
        """Whether the last second had changes like this one."""
        while self._usual and time - self._usual[0][0] > 1.0:
            self._usual.popleft()
        return changed < self._config.ratio * max((each for _, each in self._usual), default=0.0)


def _returned(before: Print, during: Print, now: Print, share: float) -> bool:
    return change(before, now) < share * change(during, now)
