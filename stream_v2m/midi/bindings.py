"""From what arrives on MIDI inputs to live commands, by the bindings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stream_v2m.core.commands.command import Command
from stream_v2m.core.controls import Controls
from stream_v2m.midi.binding import HIGHEST, Binding, Touch

_PRESSED = 64  # from here on a pedal or button that sends a controller is down (MIDI 1.0, controllers 64–69)


class Bindings:
    """Interprets messages; it remembers where knobs and buttons stand, and nothing else.

    One control may have several bindings: all of them act.
    """

    def __init__(self, bindings: Iterable[Binding] = ()) -> None:
        self._controls = [_Control(binding) for binding in bindings]

    def __iter__(self) -> Iterator[Binding]:
        return (control.binding for control in self._controls)

    def interpret(self, message: bytes, controls: Controls) -> list[Command]:
        """What a message asks for.

        Args:
            controls: the present ones; a toggle turns them over, a soft takeover waits for them.
        """
        touch = Touch.read(message)
        if touch is None:
            return []
        given = [control.touched(touch.value, controls) for control in self._controls if control.binding.fits(touch)]
        return [command for command in given if command is not None]

    def learn(self, binding: Binding) -> None:
        """Take a new binding; it replaces what its control did before."""
        kept = [control for control in self._controls if not control.binding.rivals(binding)]
        self._controls = [*kept, _Control(binding)]


class _Control:
    """A knob, key or button as it stands."""

    __slots__ = ("_down", "_grip", "binding")

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self._down = False
        self._grip = _Grip()

    def touched(self, value: int, controls: Controls) -> Command | None:
        binding = self.binding
        kind = binding.action.kind
        if kind == "set":
            return self._turned(value, controls)
        before = self._down and binding.kind != "program"  # a program change has no end
        self._down = value > 0 if binding.kind == "note" else value >= _PRESSED
        if self._down == before:
            return None
        if kind == "switch" and binding.mode == "hold":
            return binding.give(self._down)
        if not self._down:
            return None
        return binding.give(not _is_on(binding, controls) if kind == "switch" else None)

    def _turned(self, position: int, controls: Controls) -> Command | None:
        value = self.binding.value(position)
        if self.binding.pickup and not self._grip.holds(value, self.binding, controls):
            return None
        return self.binding.give(value)


class _Grip:
    """Soft takeover: a knob has no grip until it passes the present value, and loses it when another hand sets it."""

    __slots__ = ("_before", "_known", "_last")

    def __init__(self) -> None:
        self._last: float | None = None  # where the knob stood
        self._known: tuple[float | None, ...] = ()  # present values that are this knob's doing

    def holds(self, value: float, binding: Binding, controls: Controls) -> bool:
        present = binding.present(controls)
        assert present is not None  # the binding was checked
        step = abs(binding.value(HIGHEST) - binding.value(0)) / HIGHEST
        last, self._last = self._last, value
        near = abs(value - present) <= step
        passed = last is not None and (last - present) * (value - present) <= 0
        if present not in self._known and not near and not passed:
            self._known = ()
            return False
        self._known = (present, value)  # a command that waits for the beat leaves the present value for a while
        return True


def _is_on(binding: Binding, controls: Controls) -> bool:
    return binding.give(True).apply(controls) == controls
