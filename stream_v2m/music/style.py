"""Styles: the parts of an arrangement with their sounds, registers and figures, read from TOML files."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from stream_v2m.core.errors import ConfigError
from stream_v2m.music.figures import APPROACH, Figure

Role = Literal["bass", "pad", "arpeggio", "accent"]
SUFFIX = ".toml"

_DEGREES = frozenset({1, 3, 5, 7, 8})
_TONES = {"bass": _DEGREES | {APPROACH}, "accent": _DEGREES}  # the others: 1–9


class Part(BaseModel):
    """One voice of the arrangement.

    What the roles make of ``figures`` (notation: ``music.figures``):

    - ``bass``: tones are degrees of the chord: 1 root, 3 third (or what is suspended in its place), 5 fifth,
      7 seventh or sixth, 8 octave, a an approach to the next root. Each new chord begins with its root.
    - ``pad``: none; the chord in voice-led close position, struck when the harmony changes, and held.
    - ``arpeggio``: tones climb the chord from the bottom of the register: 1 is the lowest chord tone there,
      2 the next above, and so on through the octaves.
    - ``accent``: degrees as in the bass; the first stroke of the first figure is struck at a cut.

    ``density`` says how many notes of this part sound in a second when the model asks for so many in all: pairs of
    asked and given, between which it is linear. The given numbers of all parts should add up to the asked one. Of the
    figures that have enough notes the sparsest are taken, and their notes left out from the least important on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="name, used by mute and solo")
    role: Role = Field(description="bass, pad, arpeggio or accent")
    channel: int = Field(ge=1, le=16, description="MIDI channel 1–16")
    program: int = Field(ge=0, le=127, description="General MIDI program 0–127")
    low: int = Field(ge=0, le=127, description="lowest pitch")
    high: int = Field(ge=0, le=127, description="highest pitch, at least an octave above the lowest")
    volume: int = Field(100, ge=0, le=127, description="controller 7")
    pan: int = Field(64, ge=0, le=127, description="controller 10: 0 left, 64 middle, 127 right")
    reverb: int = Field(40, ge=0, le=127, description="controller 91")
    velocity: float = Field(1.0, gt=0, le=1.5, description="velocity beside the other parts")
    gate: float = Field(1.0, gt=0, le=8, description="length of a note by its written length; above 1 it rings on")
    density: tuple[tuple[float, float], ...] = Field((), description="pairs of asked and given notes in a second")
    figures: tuple[Annotated[Figure, PlainValidator(lambda text: _figure(text))], ...] = Field(
        (), description="rhythms, from sparse to dense; several of each density for variety"
    )

    @field_validator("density")
    @classmethod
    def _rises(cls, points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        for (asked, given), (next_asked, next_given) in pairwise(points):
            if next_asked <= asked or next_given < given:
                raise ValueError("asked numbers that rise, and given ones that never fall")
        if any(number < 0 for point in points for number in point):
            raise ValueError("no negative numbers")
        return points

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.high < self.low + 12:
            raise _fault("high", "at least an octave above low", self.high)
        if self.role != "accent" and not self.density:
            raise _fault("density", f"pairs for the role {self.role}", self.density)
        if self.role == "pad" and self.figures:
            raise _fault("figures", "none for the role pad", len(self.figures))
        if self.role != "pad" and not self.figures:
            raise _fault("figures", f"at least one for the role {self.role}", 0)
        allowed = _TONES.get(self.role, frozenset(range(1, 10)))
        for index, figure in enumerate(self.figures):
            for number in sorted({tone.number for stroke in figure.strokes for tone in stroke.tones} - allowed):
                written = ", ".join("a" if tone == APPROACH else str(tone) for tone in sorted(allowed))
                raise _fault(f"figures.{index}", f"tones among {written}", "a" if number == APPROACH else number)
        return self

    def share(self, density: float) -> float:
        """Notes of this part in a second when ``density`` notes are asked for in all."""
        asked, given = self.density[0]
        for next_asked, next_given in self.density:
            if density < next_asked:
                if next_asked == asked:
                    return given
                return given + (next_given - given) * (density - asked) / (next_asked - asked)
            asked, given = next_asked, next_given
        return given


class Style(BaseModel):
    """A set of parts. The file's name without ``.toml`` is the style's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    parts: tuple[Part, ...] = Field(min_length=1)

    @property
    def part_names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts)

    def channel(self, part: str) -> int:
        """The MIDI channel 1–16 of the part called so."""
        return next(each.channel for each in self.parts if each.name == part)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for index, part in enumerate(self.parts):
            for other in self.parts[:index]:
                if part.name == other.name:
                    raise _fault(f"parts.{index}.name", "a name of its own for each part", part.name)
                if part.channel == other.channel:
                    raise _fault(f"parts.{index}.channel", f"a channel other than {other.name!r} has", part.channel)
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


def _figure(text: object) -> Figure:
    if isinstance(text, Figure):
        return text
    if not isinstance(text, str):
        raise ValueError("a figure written as a string")
    return Figure.parse(text)


def _fault(key: str, expected: str, got: object) -> PydanticCustomError:
    """A fault found across fields, which pydantic would report without the key."""
    return PydanticCustomError("style", "{expected}", {"key": key, "expected": expected, "got": got})


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
