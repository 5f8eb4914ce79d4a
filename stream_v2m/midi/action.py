"""What a controller can do with a live command; it follows from what the command is not yet told.

A command that still wants a number is *set* by a knob, over the number's own range. A command whose
``on`` is not given is *switched*. Any other is simply given, by a *press*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stream_v2m.core.commands.table import COMMANDS, parse_command
from stream_v2m.core.errors import ConfigError

_NUMBERS = ("number", "integer")  # as JSON schema calls them
_DIGITS = 4  # after the point; finer than any knob
_FINE = 10.0**-_DIGITS


@dataclass(frozen=True, slots=True)
class Action:
    """What a touch does to a command with certain arguments.

    Attributes:
        kind: it sets ``field`` between ``low`` and ``high``, switches ``on``, or just gives the command.
        whole: the number is a whole one.
    """

    kind: Literal["set", "switch", "press"]
    field: str = ""
    low: float = 0.0
    high: float = 0.0
    whole: bool = False


def action_of(command: str, arguments: Mapping[str, Any]) -> Action:
    """What a controller can do with ``command`` when it is already told ``arguments``.

    Raises:
        ConfigError: there is no such command, it does not take these arguments, or it wants more of them.
    """
    if command not in COMMANDS:
        raise ConfigError("no such command", where=command, expected="one of " + ", ".join(COMMANDS))
    schema = COMMANDS[command].model_json_schema()
    fields: dict[str, dict[str, Any]] = schema["properties"]
    wanted = [name for name in schema.get("required", ()) if name not in arguments]
    sample: dict[str, Any] = {}
    numbers = [name for name in wanted if fields[name].get("type") in _NUMBERS]
    if "on" in fields and "on" not in arguments:
        action, field, sample = Action("switch"), "on", {"on": True}
    elif len(numbers) == 1:
        field = numbers[0]
        action = _set(field, fields[field])
        sample = {field: number(action.low, whole=action.whole)}
    else:
        action, field = Action("press"), ""
    if missing := [name for name in wanted if name != field]:
        expected = " ".join(f"{name}=…" for name in missing)
        raise ConfigError("it wants more arguments", where=command, expected=expected)
    parse_command(command, {**arguments, **sample})
    return action


def number(value: float, *, whole: bool) -> float | int:
    """A number as a command takes it."""
    return round(value) if whole else round(value, _DIGITS)


def _set(name: str, schema: Mapping[str, Any]) -> Action:
    whole = schema["type"] == "integer"
    step = 1 if whole else _FINE
    low = schema.get("minimum", schema.get("exclusiveMinimum", -float("inf")) + step)
    high = schema.get("maximum", schema.get("exclusiveMaximum", float("inf")) - step)
    if not -float("inf") < low < high < float("inf"):
        raise ConfigError("it has no range that a knob could cover", where=name, cure=f"give {name}=…")
    return Action("set", name, float(low), float(high), whole)
