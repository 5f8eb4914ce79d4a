"""Loading a configuration: TOML files, then environment, then command line; unknown keys are refused."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from stream_v2m.core.errors import ConfigError

PREFIX = "STREAM_V2M_"
DELIMITER = "__"
ENVIRONMENT, COMMAND_LINE = "environment", "command line"


S = TypeVar("S", bound="Settings")


class Settings(BaseSettings):
    """A whole configuration; sections are pydantic models beside the code that they configure.

    Made directly it takes its arguments alone; ``load`` reads files and the environment too.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=DELIMITER, extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @classmethod
    def load(cls, files: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Self:
        """Read ``files`` (later ones win), the environment, and ``section.key=value`` assignments.

        The environment's names are ``STREAM_V2M_SECTION__KEY``. A value is written as in TOML;
        what is no TOML value is taken as a string.

        Raises:
            ConfigError: a file that cannot be read, a key that does not exist, a value that is refused.
        """
        origins: dict[str, dict[str, Any]] = {str(file): _read(file) for file in files}
        origins[ENVIRONMENT] = _environment(cls)
        origins[COMMAND_LINE] = _nested(assignments)
        try:
            return cls(**reduce(_merged, origins.values()))
        except ValidationError as error:
            where = _origin(error.errors()[0]["loc"], origins)
            raise explain(error, where=where) from error


def revised(settings: type[S], values: Mapping[str, Any], assignments: Sequence[str] = (), *, where: object) -> S:
    """Settings that were kept as JSON ``values`` in ``where``, with ``section.key=value`` assignments above them.

    Raises:
        ConfigError: a key that does not exist, a value that is refused.
    """
    origins: dict[str, dict[str, Any]] = {str(where): dict(values), COMMAND_LINE: _nested(assignments)}
    try:
        return settings(**reduce(_merged, origins.values()))
    except ValidationError as error:
        raise explain(error, where=_origin(error.errors()[0]["loc"], origins)) from error


def explain(error: ValidationError, *, where: object = None) -> ConfigError:
    """The first fault of a pydantic validation as one of our errors."""
    key, what, got = first_fault(error)
    return ConfigError(
        f"{key}: {what}" if where else what,
        where=where or key,
        got=got,
        cure="`stream-v2m config` prints every setting",
    )


def first_fault(error: ValidationError) -> tuple[str, str, str]:
    """Where in the input, what is wrong, and what was got, of the first fault that pydantic found."""
    first = error.errors()[0]
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        what = "no such setting"
    elif first["type"] == "value_error":
        what = str(first["ctx"]["error"])
    else:
        what = first["msg"][0].lower() + first["msg"][1:]
    return ".".join(map(str, first["loc"])), what, repr(first["input"])


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=file) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", where=file) from error


def _environment(settings: type[BaseSettings]) -> dict[str, Any]:
    for name in os.environ:
        section = name[len(PREFIX) :].split(DELIMITER)[0].lower()
        if name.upper().startswith(PREFIX) and section not in settings.model_fields:
            known = ", ".join(PREFIX + field.upper() + DELIMITER + "…" for field in settings.model_fields)
            raise ConfigError("no such setting in the environment", where=name, expected=known)
    return EnvSettingsSource(settings)()


def _nested(assignments: Sequence[str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            raise ConfigError("is no assignment", where=assignment, expected="section.key=value")
        *sections, key = path.strip().split(".")
        value = {key: _value(text.strip())}
        for section in reversed(sections):
            value = {section: value}
        nested = _merged(nested, value)
    return nested


def _merged(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; where they disagree ``upper`` wins."""
    merged = dict(lower)
    for key, value in upper.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both_tables else value
    return merged


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _origin(loc: tuple[int | str, ...], origins: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Whose word was refused: of those that say most about ``loc``, the last; None if nobody says anything."""
    depths = {name: _depth(loc, values) for name, values in origins.items()}
    deepest = max(depths.values())
    return [name for name, depth in depths.items() if depth == deepest][-1] if deepest else None


def _depth(loc: tuple[int | str, ...], values: Any) -> int:
    depth = 0
    for key in loc:
        if not isinstance(values, Mapping) or key not in values:
            break
        values, depth = values[key], depth + 1
    return depth
