"""What outlasts a note: the newest program and the newest value of every controller, by MIDI channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

_CONTROL_CHANGE, _PROGRAM_CHANGE = 0xB0, 0xC0
_FIRST_MODE_MESSAGE = 120  # controllers from here on are commands, not values

Told = TypeVar("Told")


class Lasting(Generic[Told]):
    """What was told last of each, in the order of the telling: a program goes by the bank that was told before it."""

    def __init__(self) -> None:
        self._newest: dict[bytes, Told] = {}

    def note(self, message: bytes, told: Told) -> None:
        """Keep ``told`` in place of what it replaces, if ``message`` outlasts a note."""
        kind = message[0] & 0xF0
        if kind == _PROGRAM_CHANGE:
            setting = message[:1]
        elif kind == _CONTROL_CHANGE and message[1] < _FIRST_MODE_MESSAGE:
            setting = message[:2]
        else:
            return
        self._newest.pop(setting, None)
        self._newest[setting] = told

    def __iter__(self) -> Iterator[Told]:
        return iter(self._newest.values())
