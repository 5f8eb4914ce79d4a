"""A binding: one control of a controller, and the live command that it gives when it is touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.table import parse_command
from stream_v2m.core.controls import Controls
from stream_v2m.core.errors import ConfigError
from stream_v2m.midi.action import Action, action_of, number
from stream_v2m.midi.channel_message import CONTROL_CHANGE, NOTE_OFF, NOTE_ON, PROGRAM_CHANGE, channel_of

Kind = Literal["cc", "note", "program"]
HIGHEST = 127
_KINDS: tuple[Kind, ...] = get_args(Kind)
_MODES = 120  # from here on controllers are channel mode messages (MIDI 1.0)
_STATUS: dict[int, Kind] = {CONTROL_CHANGE: "cc", NOTE_ON: "note", NOTE_OFF: "note", PROGRAM_CHANGE: "program"}


@dataclass(frozen=True, slots=True)
class Touch:
    """One control of a controller was touched: a knob took ``value`` 0–127, a key went down (above 0) or up (0)."""

    kind: Kind
    channel: int
    number: int
    value: int

    @classmethod
    def read(cls, message: bytes) -> Touch | None:
        """What a message says; None for clock, bends, pressure and whatever else cannot be bound."""
        kind, channel = _STATUS.get(message[0] & 0xF0), channel_of(message)
        if kind is None or channel is None or (kind == "cc" and message[1] >= _MODES):
            return None
        value = HIGHEST if kind == "program" else 0 if message[0] & 0xF0 == NOTE_OFF else message[2]
        return cls(kind, channel, message[1], value)


class Binding(BaseModel):
    """One control bound to one command, as it stands in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str = Field(description="one of the live commands")
    arguments: dict[str, Any] = Field({}, description="what the command is told, but for what the control sets")
    cc: int | None = Field(None, ge=0, lt=_MODES, description="a controller's number")
    note: int | None = Field(None, ge=0, le=HIGHEST, description="a key's number")
    program: int | None = Field(None, ge=0, le=HIGHEST, description="a program's number, counted from 0")
    channel: int | None = Field(None, ge=1, le=16, description="MIDI channel 1–16; any if not given")
    low: float | None = Field(None, description="what the command is set to at 0; the lowest it takes if not given")
    high: float | None = Field(None, description="what the command is set to at 127; the highest if not given")
    pickup: bool = Field(False, description="a knob does nothing until it passes the present value")
    mode: Literal["toggle", "hold"] = Field("toggle", description="each press turns over, or on while held")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise ValueError("exactly one of cc, note and program must be given")
        try:
            self._check_action()
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def kind(self) -> Kind:
        """What kind of control it is."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @property
    def number(self) -> int:
        """The control's number among its kind."""
        return int(getattr(self, self.kind))

    @cached_property
    def action(self) -> Action:
        """What a touch does, over the binding's own range."""
        action = action_of(self.command, self.arguments)
        low = action.low if self.low is None else self.low
        high = action.high if self.high is None else self.high
        return Action(action.kind, action.field, low, high, action.whole)

    @property
    def control(self) -> str:
        """The control in words."""
        name = {"cc": "controller", "note": "key", "program": "program"}[self.kind]
        return f"{name} {self.number}" + (f" of channel {self.channel}" if self.channel else "")

    def fits(self, touch: Touch) -> bool:
        """Whether the touch is of this binding's control."""
        return (touch.kind, touch.number) == (self.kind, self.number) and self.channel in (None, touch.channel)

    def rivals(self, other: Binding) -> bool:
        """Whether some touch fits both."""
        channels = {self.channel, other.channel}
        return (self.kind, self.number) == (other.kind, other.number) and (len(channels) == 1 or None in channels)

    def give(self, value: object = None) -> Command:
        """The command, with ``value`` for what the control sets or switches."""
        action = self.action
        field = {"set": action.field, "switch": "on", "press": ""}[action.kind]
        return parse_command(self.command, {**self.arguments, **({field: value} if field else {})})

    def present(self, controls: Controls) -> float | None:
        """The value that a knob's command has now; None if the controls do not hold it."""
        name = self._control()
        value = None if name is None else getattr(controls, name)
        return None if value is None else float(value)

    def _control(self) -> str | None:
        """The name of the control that a knob's command sets."""
        action, controls = self.action, Controls()
        ends = [self.give(number(value, whole=action.whole)).apply(controls) for value in (action.low, action.high)]
        return next((name for name in vars(controls) if getattr(ends[0], name) != getattr(ends[1], name)), None)

    def value(self, position: int) -> float | int:
        """The number for a knob's position 0–127."""
        action = self.action
        return number(action.low + (action.high - action.low) * position / HIGHEST, whole=action.whole)

    def _check_action(self) -> None:
        action = self.action
        if action.kind != "set":
            if self.low is not None or self.high is not None or self.pickup:
                raise ConfigError("low, high and pickup are for a knob that sets a number", where=self.command)
            if self.kind == "program" and self.mode == "hold":
                raise ConfigError("a program change cannot be held", where=self.command)
            return
        if self.kind != "cc":
            raise ConfigError(f"wants a knob, or {action.field}=… to be given", where=self.command, got=self.kind)
        for end in (action.low, action.high):
            self.give(number(end, whole=action.whole))
        if self.pickup and self._control() is None:
            raise ConfigError("has no present value to pick up", where=self.command)
