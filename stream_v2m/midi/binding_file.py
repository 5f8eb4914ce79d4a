"""The file of bindings, which people edit too: learning adds to its end, and comments stay."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from stream_v2m.core.config import first_fault
from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.core.files import replacing
from stream_v2m.midi.binding import Binding

_TABLE = "binding"
_HEADER = re.compile(rf"\s*\[\[\s*{_TABLE}\s*\]\]")
_ANY_HEADER = re.compile(rf"\s*\[(?!\s*{_TABLE}\s*\.)")  # but for a table inside a binding
_BEGIN = """\
# What knobs, keys and buttons do. `stream-v2m learn` adds to the end; edit as you like.
"""


def load_bindings(path: Path) -> list[Binding]:
    """The bindings of a file, in its order; none if there is no file.

    Raises:
        ConfigError: the file cannot be read, or a binding in it is wrong.
    """
    return _parse(_read(path), path)


def keep_binding(path: Path, binding: Binding) -> list[Binding]:
    """Write ``binding`` to the end of the file; what its control did before becomes a comment.

    Returns:
        the bindings that it replaces.

    Raises:
        ConfigError: the file is wrong as it is, and is left so.
        PortError: it cannot be written.
    """
    text = _read(path)
    bindings = _parse(text, path)
    replaced = [place for place, other in enumerate(bindings) if other.rivals(binding)]
    text = _edit(text, replaced, lambda line: f"# {line}" if line.strip() and not line.startswith("#") else line)
    kept = [other for place, other in enumerate(bindings) if place not in replaced]
    _write(path, f"{text.rstrip() or _BEGIN.rstrip()}\n\n{to_toml(binding)}", [*kept, binding])
    return [bindings[place] for place in replaced]


def forget_binding(path: Path, place: int) -> Binding:
    """Take the binding at ``place``, counted from 0, out of the file; comments stay.

    Raises:
        ConfigError: there is no such binding, or the file is wrong as it is.
        PortError: it cannot be written.
    """
    text = _read(path)
    bindings = _parse(text, path)
    if not 0 <= place < len(bindings):
        raise ConfigError("no such binding", where=path, got=place + 1, expected=f"1 to {len(bindings)}")
    forgotten = bindings.pop(place)
    _write(path, _edit(text, [place], lambda line: line if line.lstrip().startswith("#") else None), bindings)
    return forgotten


def to_toml(binding: Binding) -> str:
    """One binding as it stands in the file."""
    values = binding.model_dump(exclude_defaults=True)
    return f"[[{_TABLE}]]\n" + "".join(f"{key} = {_inline(value)}\n" for key, value in values.items())


def _inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(inner)}" for key, inner in value.items()) + " }"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError("is not text", where=path, expected="UTF-8") from error
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=path) from error


def _parse(text: str, path: Path) -> list[Binding]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not TOML: {error}", where=path) from error
    tables = document.pop(_TABLE, [])
    if document or not isinstance(tables, list):
        raise ConfigError("holds something else", where=path, got=", ".join(document) or _TABLE, expected="[[binding]]")
    spans = _spans(text.splitlines(keepends=True))
    bindings = []
    for place, table in enumerate(tables):
        try:
            bindings.append(Binding.model_validate(table))
        except ValidationError as error:
            key, what, got = first_fault(error)
            line = f", line {spans[place].start + 1}" if place < len(spans) else ""
            where = f"{path}{line}: binding {place + 1}"
            raise ConfigError(f"{key}: {what}" if key else what, where=where, got=got if key else None) from error
    return bindings


def _write(path: Path, text: str, expected: Sequence[Binding]) -> None:
    """Write, once it is sure that the text says what is meant."""
    if _parse(text, path) != list(expected):
        raise ConfigError("is written in a way that cannot be edited by machine", where=path, cure="edit it yourself")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PortError(f"cannot be made ({error.strerror})", where=path.parent, cure="make the folder") from error
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def _edit(text: str, places: Sequence[int], change: Callable[[str], str | None]) -> str:
    """The text with every line of some bindings changed, or left out."""
    lines = text.splitlines(keepends=True)
    chosen = {number for place, span in enumerate(_spans(lines)) if place in places for number in span}
    changed = [change(line) if number in chosen else line for number, line in enumerate(lines)]
    return "".join(line for line in changed if line is not None)


def _spans(lines: Sequence[str]) -> list[range]:
    """The lines of each binding: from its header to its last key."""
    headers = [number for number, line in enumerate(lines) if _ANY_HEADER.match(line)]
    spans = []
    for begin, end in pairwise([*headers, len(lines)]):
        if not _HEADER.match(lines[begin]):
            continue
        while end - 1 > begin and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
            end -= 1  # what stands above the next header belongs to that
        spans.append(range(begin, end))
    return spans
