"""Styles: the parts of an arrangement and what they have in common, read from TOML files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from stream_v2m.core.errors import ConfigError
from stream_v2m.music.part import Part, Swing, SwingUnit, fault

__all__ = ["Part", "Style", "list_styles", "load_style"]

SUFFIX = ".toml"


class Style(BaseModel):
    """A set of parts. The file's name without ``.toml`` is the style's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    bpm: float | None = Field(None, ge=20, le=300, description="the tempo that it is played at unless one is given")
    swing: Swing = Field(0.5, description="place of the off-beat in its pair, for parts that have none of their own")
    swing_unit: SwingUnit = Field(0.5, description="beats: 0.5 swings eighths, 0.25 sixteenths; likewise")
    parts: tuple[Part, ...] = Field(min_length=1)

    @property
    def part_names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts)

    def channel(self, part: str) -> int:
        """The MIDI channel 1–16 of the part called so."""
        return next(each.channel for each in self.parts if each.name == part)

    def swung(self, part: Part) -> tuple[float, float]:
        """The part's swing and its unit in beats, or the style's."""
        swing = self.swing if part.swing is None else part.swing
        return swing, self.swing_unit if part.swing_unit is None else part.swing_unit

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for index, part in enumerate(self.parts):
            for other in self.parts[:index]:
                if part.name == other.name:
                    raise fault(f"parts.{index}.name", "a name of its own for each part", part.name)
                if part.channel == other.channel and not (part.percussive and other.percussive):
                    raise fault(f"parts.{index}.channel", f"a channel other than {other.name!r} has", part.channel)
        return self


def load_style(name_or_path: str, folder: Path) -> Style:
    """The style called so in ``folder``, or in the file of that path (ending in ``.toml``).

    Raises:
        ConfigError: no such style, a file that cannot be read, or a value that is refused, with its file and line.
    """
    path = Path(name_or_path) if name_or_path.endswith(SUFFIX) else folder / f"{name_or_path}{SUFFIX}"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError as error:
        known = ", ".join(list_styles(folder)) or "none"
        raise ConfigError("no such style", where=name_or_path, expected=f"one of {known}, or a .toml file") from error
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=path) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", where=path) from error
    try:
        return Style.model_validate({"name": path.stem, **data})
    except ValidationError as error:
        raise _explain(error.errors()[0], path, text) from error


def list_styles(folder: Path) -> list[str]:
    """The names of the styles in ``folder``."""
    return sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))


def _explain(fault: ErrorDetails, path: Path, text: str) -> ConfigError:
    context = fault.get("ctx", {})
    keys: list[str | int] = [*fault["loc"]]
    if fault["type"] == "style":
        keys += [int(key) if key.isdigit() else key for key in context["key"].split(".")]
        got = context["got"]
    else:
        got = fault["input"]
    if fault["type"] == "extra_forbidden":
        what, expected = "no such setting", None
    elif fault["type"] == "missing":
        what, expected, got = "is missing", None, None
    else:
        what, expected = "is refused", fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    key = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)
    where = f"{path}:{_line(text, keys)}"
    return ConfigError(f"{key}: {what}", where=where, got=None if got is None else repr(got), expected=expected)


def _line(text: str, keys: list[str | int]) -> int:
    """The line, from 1, of a key in a style file; of its table if the key is not written."""
    lines = text.splitlines()
    first, last = 0, len(lines)
    if len(keys) > 1 and keys[0] == "parts" and isinstance(keys[1], int):
        heads = [number for number, line in enumerate(lines) if re.match(r"\s*\[\[\s*parts\s*\]\]", line)]
        if keys[1] < len(heads):
            first, last = heads[keys[1]], [*heads, len(lines)][keys[1] + 1]
        keys = keys[2:]
    if not keys:
        return first + 1
    for number in range(first, last):
        if re.match(rf"\s*{re.escape(str(keys[0]))}\s*=", lines[number]):
            return _element(lines, number, keys[1:]) + 1
    return first + 1


def _element(lines: list[str], number: int, keys: list[str | int]) -> int:
    """The line of the n-th string of a list that begins on line ``number``; ``number`` if it holds no strings."""
    if not keys or not isinstance(keys[0], int):
        return number
    seen = 0
    for offset, line in enumerate(lines[number:]):
        seen += len(re.findall(r'"[^"]*"', line.split("#")[0]))
        if seen > keys[0]:
            return number + offset
    return number
