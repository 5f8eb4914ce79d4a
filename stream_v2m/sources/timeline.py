"""The times of a film's frames, strictly rising from 0, whatever its time stamps do."""

from __future__ import annotations


class Timeline:
    """Turns presentation time stamps into film times.

    Where stamps stand still or go back (the seam of a loop, films joined into one) time goes on by
    one ``period``, and from there by the stamps again; a frame without a stamp comes one ``period``
    after its predecessor.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._last: float | None = None
        self._shift = 0.0

    def place(self, stamp: float | None) -> float:
        """The time of the next frame; both in seconds."""
        if self._last is None:
            self._shift = -stamp if stamp is not None else 0.0
            time = 0.0
        else:
            time = self._last + self._period
            if stamp is not None:
                if stamp + self._shift <= self._last:
                    self._shift = time - stamp
                time = stamp + self._shift
        self._last = time
        return time
