"""Options in groups: a dataclass declares them once, and a command that takes it has them all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command as the command line sees it: each parameter that is a group becomes the group's options.

    Args:
        command: its groups are keyword-only parameters, annotated with their dataclass; what of the group's
            fields is an option is said by their annotation, as in a command's own signature.
    """
    own = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {
        name: one.annotation for name, one in own.parameters.items() if is_dataclass(one.annotation)
    }
    parameters: list[inspect.Parameter] = []
    for name, one in own.parameters.items():
        parameters += _options(groups[name]) if name in groups else [one]

    @wraps(command)
    def with_groups(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        command(**given)

    with_groups.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return with_groups


def _options(group: Any) -> Iterator[inspect.Parameter]:
    annotations = get_type_hints(group, include_extras=True)
    for field in fields(group):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotations[field.name]
        )
