"""Moments of arrival, from a driver's own stamps and from the times between which polls found messages."""

from __future__ import annotations

import math


class ArrivalClock:
    """Maps a driver's seconds to session seconds.

    The two differ by an unknown offset that may drift. A message cannot have arrived after the poll that
    found it, nor before the last poll that found nothing; each message moves the offset by as little as
    lies within, so that it soon stays at the true one, and an error of the driver's stamps (lost deltas,
    none at all) is never worse than the time between two polls.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        self._last = -math.inf

    def moment(self, driver: float, *, earliest: float, latest: float) -> float:
        """When a message arrived; never before the one before it.

        Args:
            driver: its stamp, seconds from any beginning.
            earliest, latest: session seconds between which it must have come.
        """
        offset = latest - driver if self._offset is None else self._offset
        self._offset = max(earliest - driver, min(latest - driver, offset))
        self._last = max(self._last, driver + self._offset)
        return self._last
