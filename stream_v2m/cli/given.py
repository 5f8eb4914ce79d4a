"""What was given on the command line, as settings above all files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps as to_json
from pathlib import Path
from typing import TYPE_CHECKING

from stream_v2m.core.errors import ConfigError

if TYPE_CHECKING:
    from stream_v2m.config import Config


def configured(files: list[Path] | None, settings: Sequence[str] | None, **controls: object) -> Config:
    """The configuration by files, settings and controls that were given; ``--set`` is above all files.

    Raises:
        ConfigError: one of them is wrong, or a secret.
    """
    from stream_v2m.config import Config, user_files

    if any(setting.partition("=")[0].strip() == "mqtt.password" for setting in settings or ()):
        raise ConfigError(
            "does not belong on the command line, which others can read",
            where="mqtt.password",
            cure="set STREAM_V2M_MQTT__PASSWORD, or name a file: mqtt.password_file",
        )
    given = assigned({f"controls.{name}": value for name, value in controls.items()})
    return Config.load([*user_files(), *(files or ())], [*(settings or ()), *given])


def models(affect: str | None, provider: str | None, strict: bool | None) -> dict[str, object]:
    """Settings of the models, as they were given."""
    return {"affect.estimator": affect, "models.provider": provider, "models.strict_provider": strict}


def assigned(values: Mapping[str, object]) -> list[str]:
    """What was given on the command line, as assignments; JSON's strings, numbers and lists are TOML's too."""
    return [f"{key}={to_json(value)}" for key, value in values.items() if value is not None]
