"""Encoded pictures that wait to be decoded: too many are forgotten at once, up to the next key frame."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Protocol

BEHIND = 15  # pictures; a quarter of a second at 60 a second


class Codec(Protocol):
    """What aiortc tells of a codec."""

    @property
    def name(self) -> str: ...


class Encoded(Protocol):
    """A picture as it came, put together from its packets."""

    data: bytes


Item = tuple[Codec, Encoded] | None  # None: nothing comes any more


class Backlog(queue.Queue[Item]):
    """Takes the place of an unbounded queue before a decoder, so that a slow one is late by a moment only.

    Without the pictures between, those that follow cannot be decoded: ``behind`` is called to ask for
    a key frame, and nothing is handed on until it comes.
    """

    def __init__(self, behind: Callable[[], None]) -> None:
        super().__init__()
        self.forgotten = 0
        self._behind = behind
        self._waits_for_key = False

    def put(self, item: Item, block: bool = True, timeout: float | None = None) -> None:
        """Append; called by one thread."""
        if item is not None:
            codec, encoded = item
            if self._waits_for_key and not is_key_frame(codec.name, encoded.data):
                self.forgotten += 1
                return
            self._waits_for_key = False
            if self.qsize() >= BEHIND:
                self.forgotten += 1 + self._clear()
                self._waits_for_key = True
                self._behind()
                return
        super().put(item, block, timeout)

    def _clear(self) -> int:
        count = 0
        while True:
            try:
                self.get_nowait()
            except queue.Empty:
                return count
            count += 1


def is_key_frame(codec: str, data: bytes) -> bool:
    """Whether a picture can be decoded without those before it: VP8 (RFC 6386, 9.1) or H.264 (annex B)."""
    if codec.upper() == "VP8":
        return bool(data) and not data[0] & 1
    place = data.find(b"\0\0\1")
    while 0 <= place < len(data) - 3:
        if data[place + 3] & 0x1F in (5, 7):  # a slice of an instantaneous refresh; a sequence's parameters
            return True
        place = data.find(b"\0\0\1", place + 3)
    return False
