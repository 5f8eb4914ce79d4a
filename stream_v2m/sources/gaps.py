"""Gaps in what a peer sends: which packets are missing, since when, and when to ask for them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

ASK_AGAIN = 0.05  # seconds between two requests; what was asked for may be lost as well
MOST = 2048  # packets; who leaps further, forwards or back, has begun anew
_WRAP = 1 << 16  # sequence numbers have 16 bits


class Numbered(Protocol):
    """An RTP packet."""

    sequence_number: int


class Gaps:
    """Takes the place of aiortc's NACK generator, which asks once for what is missing, and again with the next loss.

    Args:
        now: the time in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._newest: int | None = None
        self._since: dict[int, float] = {}
        self._asked = 0.0

    @property
    def missing(self) -> set[int]:
        """Sequence numbers to ask for."""
        return {number % _WRAP for number in self._since}

    def add(self, packet: Numbered) -> bool:
        """Take note of a packet that came; whether it is time to ask for ``missing``."""
        newest, number = self._newest, self.place(packet)
        found = False
        if newest is None or number - newest > MOST:
            self._since.clear()
            self._newest = number
        elif number > newest:
            found = number > newest + 1
            self._since.update(dict.fromkeys(range(newest + 1, number), self._now()))
            self._newest = number
        else:
            self._since.pop(number, None)
        if not self._since or not (found or self._now() - self._asked >= ASK_AGAIN):
            return False
        self._asked = self._now()
        return True

    def place(self, packet: Numbered) -> int:
        """Its place in the stream: the sequence number, counted on where it begins again at 0."""
        if self._newest is None:
            return packet.sequence_number
        step = (packet.sequence_number - self._newest + _WRAP // 2) % _WRAP - _WRAP // 2
        if abs(step) <= MOST:
            return self._newest + step
        return self._newest - self._newest % _WRAP + 2 * _WRAP + packet.sequence_number

    def age(self, place: int) -> float | None:
        """For how many seconds the packet of this place has been missed; None if it is not."""
        since = self._since.get(place)
        return None if since is None else self._now() - since

    def forget(self, before: int) -> None:
        """Nobody waits any more for packets before this place."""
        for place in [each for each in self._since if each < before]:
            del self._since[place]
