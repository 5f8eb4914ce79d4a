"""Pace: when the pictures of a stream are due by their own time stamps, and how late they come."""

from __future__ import annotations

JUMP_S = 1.0  # stamps that are further apart than this do not belong together
CREEP = 0.001  # seconds a second; clocks of two machines differ by less


class Playout:
    """Turns bursts (a segment of HLS comes all at once) back into an even stream."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._last: float | None = None

    def wait(self, stamp: float, now: float) -> float:
        """Seconds until the picture of this stamp is due; 0 where it is late, or where stamps jump."""
        jumps = self._last is None or not 0 <= stamp - self._last <= JUMP_S
        self._last = stamp
        if jumps or stamp + self._offset < now:
            self._offset = now - stamp
        return stamp + self._offset - now


class Lag:
    """How much later than the least late one a picture comes."""

    def __init__(self) -> None:
        self._least: float | None = None
        self._seen = 0.0

    def see(self, stamp: float, now: float) -> float:
        """Seconds by which the picture of this stamp is behind."""
        late = now - stamp
        if self._least is not None:
            late_at_least = self._least + CREEP * (now - self._seen)
            self._least = min(late, late_at_least)
        else:
            self._least = late
        self._seen = now
        return late - self._least
