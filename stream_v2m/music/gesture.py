"""What the fast path saw: motion as it is now, and how long it has been still, of the picture and of its zones."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stream_v2m.core.values import Cue

NEUTRAL_MOTION = 0.4  # ranged motion that leaves what the model asked for as it is
STILL_MOTION = 0.12  # below this nothing moves
STILL_AFTER, STILL_WITHIN = 3.0, 9.0  # seconds until stillness begins, and from there until it is whole
FALL = 0.25  # seconds in which motion falls by 1/e; it rises at once
STALE = 2.0  # seconds without a cue until motion is neutral again


class Movement:
    """The motion of a picture, or of a part of it; moments are session seconds."""

    def __init__(self) -> None:
        self._motion = NEUTRAL_MOTION
        self._seen: float | None = None
        self._moved = 0.0

    def see(self, motion: float, moment: float, *, happened: bool) -> None:
        """Take note of ranged motion 0–1; what ``happened`` is no stillness either."""
        if self._seen is None:
            self._moved = moment
        elapsed = moment - self._seen if self._seen is not None else math.inf
        if elapsed >= 0:
            self._motion = max(motion, motion + (self._motion - motion) * math.exp(-elapsed / FALL))
            self._seen = moment
        if motion > STILL_MOTION or happened:
            self._moved = max(self._moved, moment)

    def motion(self, moment: float) -> float:
        """Motion 0–1; drifts back to neutral when cues stay away."""
        if self._seen is None:
            return NEUTRAL_MOTION
        stale = min(1.0, max(0.0, (moment - self._seen) / STALE - 1))
        return self._motion + (NEUTRAL_MOTION - self._motion) * stale

    def stillness(self) -> float:
        """How long nothing has moved: 0 up to ``STILL_AFTER`` seconds, rising to 1; stands still without cues."""
        if self._seen is None:
            return 0.0
        return min(1.0, max(0.0, (self._seen - self._moved - STILL_AFTER) / STILL_WITHIN))


class Gesture:
    """Follows the cues.

    Args:
        zones: the names of the zones that cues tell of, in their order.
    """

    def __init__(self, zones: Sequence[str] = ()) -> None:
        self._whole = Movement()
        self._zones = {name: Movement() for name in zones}

    def see(self, cue: Cue) -> None:
        """Take note of a cue."""
        happened = cue.event is not None
        self._whole.see(cue.motion, cue.time, happened=happened)
        for zone, motion in zip(self._zones.values(), cue.zones, strict=False):  # an old take knows of none
            zone.see(motion, cue.time, happened=happened)

    def motion(self, moment: float, zone: str | None = None, strength: float = 1.0) -> float:
        """Motion 0–1 of the picture, drawn towards that of a zone as far as ``strength`` says, if there is the zone."""
        whole, part = self._whole.motion(moment), self._zones.get(zone or "")
        return whole if part is None else whole + (part.motion(moment) - whole) * strength

    def stillness(self, zone: str | None = None, strength: float = 1.0) -> float:
        """How long nothing has moved, 0–1, in the same way."""
        whole, part = self._whole.stillness(), self._zones.get(zone or "")
        return whole if part is None else whole + (part.stillness() - whole) * strength
