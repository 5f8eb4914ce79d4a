"""Learning: the next control that is touched becomes a command's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream_v2m.midi.action import action_of
from stream_v2m.midi.binding import HIGHEST, Binding, Touch

_MOVED = 8  # of 127: a knob that is turned goes further than one that trembles
_HALF = 64


class Learner:
    """Waits, once armed, for the touch that was meant.

    Clock, pressure, bends and keys going up are passed over; so are keys for a command that wants a
    number, and a knob that only trembles.
    """

    def __init__(self) -> None:
        self._wanted: tuple[str, dict[str, Any]] | None = None
        self._reach: dict[tuple[int, int], tuple[int, int]] = {}  # lowest and highest, by channel and controller

    @property
    def armed(self) -> str | None:
        """The command that waits for its control."""
        return self._wanted[0] if self._wanted else None

    def arm(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Wait for a control for ``command``; another that waited is given up.

        Raises:
            ConfigError: no control can be bound to it.
        """
        given = {name: value for name, value in arguments.items() if value is not None}  # the file has no null
        action_of(command, given)
        self._wanted, self._reach = (command, given), {}

    def disarm(self) -> None:
        """Wait no more."""
        self._wanted = None

    def hear(self, message: bytes) -> Binding | None:
        """The binding, if this message is the touch that was waited for."""
        if self._wanted is None or (touch := Touch.read(message)) is None:
            return None
        command, arguments = self._wanted
        if not self._is_meant(touch, sets=action_of(command, arguments).kind == "set"):
            return None
        self._wanted = None
        return Binding.model_validate(
            {"command": command, "arguments": arguments, touch.kind: touch.number, "channel": touch.channel}
        )

    def _is_meant(self, touch: Touch, *, sets: bool) -> bool:
        if touch.kind != "cc":
            return touch.value > 0 and not sets
        control = touch.channel, touch.number
        low, high = self._reach.get(control, (touch.value, touch.value))
        self._reach[control] = low, high = min(low, touch.value), max(high, touch.value)
        if sets:
            return high - low >= _MOVED
        return touch.value == HIGHEST or (touch.value >= _HALF > low)  # a button or pedal going down
