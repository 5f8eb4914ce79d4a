"""Finds JPEG pictures in a stream of bytes by their own markers (ITU-T T.81, annex B), whatever stands between them.

Cameras disagree about all that a multipart stream has around its pictures: the boundary, its dashes, whether there is
a length and whether it is right. A picture's own end is certain, and is there before the next boundary comes.
"""

from __future__ import annotations

import re

MOST = 32 << 20  # bytes of one picture

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_BEGINNING = b"\xff\xd8\xff"
# Within a scan: neither a stuffed byte, nor a restart, nor a fill byte.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class JpegFinder:
    """Takes bytes as they come, gives each picture with its last byte; one that is broken off is left out."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0  # of the next marker, or in a scan where to look for it; 0: before a picture
        self._in_scan = False

    def feed(self, data: bytes) -> list[bytes]:
        """The pictures that these bytes complete."""
        self._buffer += data
        pictures = []
        while (end := self._end()) is not None:
            pictures.append(bytes(self._buffer[:end]))
            self._forget(end)
        if len(self._buffer) > MOST:
            self._forget(len(self._buffer))
        return pictures

    def _end(self) -> int | None:
        """Where the picture that the buffer begins with ends; None: not yet here."""
        buffer = self._buffer
        while self._at or self._begun():
            if self._in_scan:
                found = _MARKER.search(buffer, self._at)
                if found is None:
                    self._at = max(self._at, len(buffer) - 1)
                    return None
                self._at, self._in_scan = found.start(), False
            head = buffer[self._at : self._at + 4]
            if len(head) >= 2 and head[1] == _EOI:
                return self._at + 2
            if len(head) < 4:
                return None
            length = int.from_bytes(head[2:], "big")
            if head[0] != 0xFF or head[1] == _SOI or length < 2:  # broken off
                self._forget(self._at if head[:2] == _BEGINNING[:2] else 1)  # the next may begin before here
                continue
            self._in_scan = head[1] == _SOS
            self._at += 2 + length
        return None

    def _begun(self) -> bool:
        """Whether a picture begins; what stands before it is forgotten."""
        start = self._buffer.find(_BEGINNING)
        del self._buffer[: start if start >= 0 else -len(_BEGINNING) + 1]
        self._at = 2 if start >= 0 else 0
        return start >= 0

    def _forget(self, count: int) -> None:
        del self._buffer[:count]
        self._at, self._in_scan = 0, False
