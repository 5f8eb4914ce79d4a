"""Rows of numbers on their way to a file, for whoever measures: cheap to add to, and they take no room.

The player's process imports this, so it imports little.
"""

from __future__ import annotations

from array import array
from pathlib import Path

BLOCK = 64  # rows between two writes
_LONGEST = 3  # bytes of a message that count


class Stamps:
    """One kind of row, added to by one thread alone.

    Args:
        path: appended to; float64, row after row.
        width: numbers in a row.
    """

    def __init__(self, path: Path, width: int) -> None:
        self._width = width
        self._rows = array("d")
        self._file = path.open("ab")

    def add(self, *row: float) -> None:
        """Keep one row."""
        assert len(row) == self._width, row
        self._rows.extend(row)
        if len(self._rows) >= BLOCK * self._width:
            self._write()

    def close(self) -> None:
        """Write what is left."""
        self._write()
        self._file.close()

    def _write(self) -> None:
        self._rows.tofile(self._file)
        del self._rows[:]


def number_of(message: bytes) -> int:
    """A MIDI message as a number: its first three bytes."""
    return int.from_bytes(message[:_LONGEST].ljust(_LONGEST, b"\0"), "big")
