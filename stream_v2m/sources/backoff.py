"""Backoff: how long to wait before a lost source is tried again."""

from __future__ import annotations

from random import Random

JITTER = 0.5  # the share of a delay that chance may take away, so that many do not come back at once


class Backoff:
    """Delays that double from ``first`` up to ``most`` seconds, each shortened by up to ``JITTER`` of it."""

    def __init__(self, *, first: float, most: float, random: Random) -> None:
        self._first, self._most, self._random = first, most, random
        self._next = first

    def delay(self) -> float:
        """Seconds to wait now; the next are longer."""
        delay = min(self._next, self._most)
        self._next = min(self._most, 2 * delay)
        return delay * (1 - JITTER * self._random.random())

    def reset(self) -> None:
        """All is well again: begin with the shortest."""
        self._next = self._first
