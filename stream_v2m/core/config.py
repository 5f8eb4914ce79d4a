"""Loading a configuration: TOML files, then environment, then command line; unknown keys are refused."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from stream_v2m.core.errors import ConfigError

PREFIX = "STREAM_V2M_"
DELIMITER = "__"


class Settings(BaseSettings):
    """A whole configuration; sections are pydantic models beside the code that they configure."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=DELIMITER, extra="forbid", frozen=True)

    @classmethod
    def load(cls, files: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Self:
        """Read ``files`` (later ones win), the environment, and ``section.key=value`` assignments.

        The environment's names are ``STREAM_V2M_SECTION__KEY``. A value is written as in TOML;
        what is no TOML value is taken as a string.

        Raises:
            ConfigError: a file that cannot be read, a key that does not exist, a value that is refused.
        """
        for file in files:
            _check_readable(file)
        _check_environment(cls)

        class Sourced(cls):  # type: ignore[valid-type, misc]
            @classmethod
            def settings_customise_sources(
                cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: Any
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                toml = TomlConfigSettingsSource(settings_cls, list(files), deep_merge=True)
                return named["init_settings"], named["env_settings"], toml

        try:
            loaded: Self = Sourced(**_nested(assignments))
        except ValidationError as error:
            raise explain(error, where=", ".join(map(str, files)) or None) from error
        return cls.model_construct(None, **{name: getattr(loaded, name) for name in cls.model_fields})


def explain(error: ValidationError, *, where: object = None) -> ConfigError:
    """The first fault of a pydantic validation as one of our errors."""
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    what = "no such setting" if first["type"] == "extra_forbidden" else first["msg"].lower()
    return ConfigError(
        f"{key}: {what}" if where else what,
        where=where or key,
        got=repr(first["input"]),
        cure="`stream-v2m config` prints every setting",
    )


def _check_readable(file: Path) -> None:
    try:
        tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=file) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", where=file) from error


def _check_environment(settings: type[BaseSettings]) -> None:
    for name in os.environ:
        if name.startswith(PREFIX) and name[len(PREFIX) :].split(DELIMITER)[0].lower() not in settings.model_fields:
            known = ", ".join(PREFIX + field.upper() + DELIMITER + "…" for field in settings.model_fields)
            raise ConfigError("no such setting in the environment", where=name, expected=known)


def _nested(assignments: Sequence[str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            raise ConfigError("is no assignment", where=assignment, expected="section.key=value")
        *sections, key = path.strip().split(".")
        level = nested
        for section in sections:
            level = level.setdefault(section, {})
        level[key] = _value(text.strip())
    return nested


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
