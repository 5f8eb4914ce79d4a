"""A configuration as commented TOML, ready to be saved, changed, and read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import tomli_w
from pydantic import BaseModel


def to_toml(settings: BaseModel) -> str:
    """Every section and key with its description; what is not set stands as a comment."""
    values = settings.model_dump(mode="json")
    return "\n".join(_section(settings, values, path=())) + "\n"


def _section(model: BaseModel | Mapping[str, Any], values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    nested = {}
    for name, value in values.items():
        child = model[name] if isinstance(model, Mapping) else getattr(model, name)
        if isinstance(value, dict):
            nested[name] = child, value
            continue
        if description := _description(model, name):
            yield f"# {description}"
        yield f"# {name} =" if value is None else tomli_w.dumps({name: value}).rstrip()
    for name, (child, inner) in nested.items():
        yield ""
        if description := _description(model, name):
            yield f"# {description}"
        yield f"[{'.'.join((*path, name))}]"
        yield from _section(child, inner, (*path, name))


def _description(model: object, name: str) -> str | None:
    field = getattr(type(model), "model_fields", {}).get(name)
    return field.description if field is not None else None
