"""Encoded pictures that wait to be decoded: who is behind goes on with the next key frame, if one comes in time."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Protocol

BEHIND = 15  # pictures; half a second at 30 a second
MOST = 60  # pictures; two seconds at 30 a second: what is older is not worth decoding


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

    At ``BEHIND`` pictures a key frame is asked for by ``behind``, and when one comes all before it are forgotten.
    Until then they are kept, for not everybody sends one when asked (OBS does not, and its own may be 8 s apart). At
    ``MOST`` all are forgotten: without them those that follow cannot be decoded, and nothing is handed on up to a
    key frame.
    """

    def __init__(self, behind: Callable[[], None]) -> None:
        super().__init__()
        self.forgotten = 0
        self._behind = behind
        self._gap = 0  # pictures forgotten since the last one that was handed on

    def put(self, item: Item, block: bool = True, timeout: float | None = None) -> None:
        """Append; called by one thread."""
        if item is None or self._admits(*item):
            super().put(item, block, timeout)

    def _admits(self, codec: Codec, encoded: Encoded) -> bool:
        waiting = self.qsize()
        if waiting < BEHIND and not self._gap:
            return True
        if is_key_frame(codec.name, encoded.data):
            self.forgotten += self._clear()
            self._gap = 0
            return True
        if not self._gap and waiting < MOST:
            if waiting == BEHIND:
                self._behind()
            return True
        if self._gap % BEHIND == 0:  # again and again: what asks may be lost on the way
            self._behind()
        self._gap += 1
        self.forgotten += 1 + self._clear()
        return False

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
