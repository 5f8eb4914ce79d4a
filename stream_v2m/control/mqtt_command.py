"""A live command as an MQTT message, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from stream_v2m.control.faults import described
from stream_v2m.control.mqtt_topics import COMMAND, VERSION
from stream_v2m.core.errors import ConfigError, StreamV2MError

LONGEST = 4096  # bytes of a command


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it was asked for, and how its answer finds back.

    Attributes:
        name: what it says; not checked.
        id: given in the payload, told in the answer.
    """

    name: str
    arguments: dict[str, Any]
    id: str | int | None


def asked_for(name: str, payload: object) -> Asked:
    """The command in a message: named by the topic, or, where that names none, by ``"command"`` in the payload.

    Raises:
        ConfigError: the payload is no JSON object.
    """
    text = payload if isinstance(payload, bytes) else b""
    where = f"{COMMAND}/{name}".rstrip("/")
    if len(text) > LONGEST:
        raise ConfigError("too long", where=where, got=f"{len(text)} bytes", expected=f"at most {LONGEST}")
    try:
        fields = from_json(text, allow_inf_nan=False) if text.strip() else {}
    except ValueError as error:
        raise ConfigError("is no JSON", where=where, got=error, expected="an object with the arguments") from error
    if not isinstance(fields, dict):
        raise ConfigError("is no JSON object", where=where, got=type(fields).__name__)
    mark = fields.pop("id", None)
    if not isinstance(mark, str | int | None) or len(str(mark)) > 128:
        raise ConfigError("a text or a number is expected", where=f"{where}.id")
    if not name:
        named = fields.pop("command", "")
        if not isinstance(named, str) or not named:
            raise ConfigError("names no command", where=where, expected='{"command": "play"}')
        name = named
    return Asked(name, fields, mark)


def answer(asked: Asked | None, error: StreamV2MError | None) -> dict[str, Any]:
    """What is told to whoever asked."""
    told: dict[str, Any] = {"version": VERSION, "ok": error is None}
    if asked is not None:
        told["command"] = asked.name
        if asked.id is not None:
            told["id"] = asked.id
    if error is not None:
        told["error"] = described(error)
    return told
