"""What the fast path saw: motion as it is now, how long it has been still, and which events were accented."""

from __future__ import annotations

import math

from stream_v2m.core.values import Cue

NEUTRAL_MOTION = 0.4  # ranged motion that leaves what the model asked for as it is
STILL_MOTION = 0.12  # below this nothing moves
STILL_AFTER, STILL_WITHIN = 3.0, 9.0  # seconds until stillness begins, and from there until it is whole
FALL = 0.25  # seconds in which motion falls by 1/e; it rises at once
STALE = 2.0  # seconds without a cue until motion is neutral again
ACCENT_GAP = 0.25  # seconds; events that begin closer together are one accent


class Gesture:
    """Follows the cues; moments are session seconds."""

    def __init__(self) -> None:
        self._motion = NEUTRAL_MOTION
        self._seen: float | None = None
        self._moved = 0.0
        self._accented = -math.inf

    def see(self, cue: Cue) -> bool:
        """Take note of a cue; true if its event asks for an accent.

        An event is known by the frame where it began, so a hit and the cut or flash that confirms it are one.
        """
        if self._seen is None:
            self._moved = cue.time
        elapsed = cue.time - self._seen if self._seen is not None else math.inf
        if elapsed >= 0:
            self._motion = max(cue.motion, cue.motion + (self._motion - cue.motion) * math.exp(-elapsed / FALL))
            self._seen = cue.time
        if cue.motion > STILL_MOTION or cue.event is not None:
            self._moved = max(self._moved, cue.time)
        if cue.event is None:
            return False
        began = cue.time if cue.origin is None else cue.origin
        if began < self._accented + ACCENT_GAP:
            return False
        self._accented = began
        return True

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
