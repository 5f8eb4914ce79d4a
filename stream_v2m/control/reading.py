"""What visitors send: JSON and queries, refused with a clear word unless they are exactly what they should be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from stream_v2m.core.config import first_fault
from stream_v2m.core.errors import ConfigError

DEEPEST = 8  # lists and objects within each other
DIGITS = 40  # of a number
M = TypeVar("M", bound=BaseModel)


def read_object(data: bytes | str, where: str) -> dict[str, Any]:
    """A JSON object (RFC 8259, no key twice); nothing at all is an empty one.

    Raises:
        ConfigError: it is something else, or not to be trusted: nested deeper than 8, endless numbers.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json.loads(
            text.strip() or "{}",
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_whole,
            parse_float=_real,
        )
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8", where=where, expected="JSON") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise ConfigError(f"is not JSON: {error.msg} ({place})", where=where) from error
    except _Unfit as error:
        raise ConfigError(str(error), where=where) from error
    except RecursionError as error:
        raise _too_deep(where) from error
    if not isinstance(value, dict):
        raise ConfigError("is no JSON object", where=where, got=type(value).__name__, expected="{…}")
    _check(value, where)
    return value


def read_model(model: type[M], values: Mapping[str, Any], where: str) -> M:
    """The values as ``model``.

    Raises:
        ConfigError: they are not.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        key, what, got = first_fault(error)
        raise ConfigError(what, where=f"{where}.{key}" if key else where, got=got) from error


def _check(value: object, where: str) -> None:
    """Neither too deep nor with half a character in it, which could not be written out again."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and not _whole_text(item):
                raise ConfigError("half a surrogate pair is no character", where=where)
        level = inner
        if not level:
            return
    raise _too_deep(where)


def _too_deep(where: str) -> ConfigError:
    return ConfigError("nested too deep", where=where, expected=f"at most {DEEPEST} levels")


def _whole_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Unfit(Exception):
    """JSON that we do not take."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise _Unfit("the same key twice")
    return values


def _constant(name: str) -> float:
    raise _Unfit(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise _Unfit("a number of too many digits")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Unfit("a number too large")
    return number
