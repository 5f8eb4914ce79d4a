"""A visitor's live command: checked, allowed, and handed to the performance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from stream_v2m.control.faults import Fault, fault
from stream_v2m.core.commands.arrangement import SetStyle
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.performance import Learn, Quit
from stream_v2m.core.commands.table import COMMANDS, parse_command
from stream_v2m.core.errors import ConfigError, StreamV2MError


class Obey:
    """Gives commands in a visitor's name.

    Args:
        command: takes a command, or raises a ``StreamV2MError``.
        styles: those that may be asked for: a visitor may not name files.
        allow_quit: whether a visitor may end the performance.
    """

    def __init__(self, command: Callable[[Command], None], *, styles: Sequence[str], allow_quit: bool) -> None:
        self._command, self.styles, self._allow_quit = command, tuple(styles), allow_quit

    @property
    def names(self) -> list[str]:
        """The commands that are obeyed."""
        return [name for name in COMMANDS if self._allow_quit or name != "quit"]

    def __call__(self, name: str, arguments: dict[str, Any]) -> None:
        """Raises: Fault: 404 no such command, 400 wrong arguments, 403 forbidden, 409 not now."""
        if name not in COMMANDS:
            error = ConfigError("no such command", where=name, expected="one of " + ", ".join(self.names))
            raise Fault(HTTPStatus.NOT_FOUND, error)
        try:
            command = parse_command(name, arguments)
            self._check(command)
        except ConfigError as error:
            raise Fault(HTTPStatus.BAD_REQUEST, error) from error
        try:
            self._command(command)
        except StreamV2MError as error:
            raise Fault(HTTPStatus.CONFLICT, error) from error

    def _check(self, command: Command) -> None:
        match command:
            case Quit() if not self._allow_quit:
                raise _no_quit()
            case SetStyle(style=style):
                self._check_style(style)
            case Learn(command="quit") if not self._allow_quit:
                raise _no_quit()
            case Learn(command="set_style", arguments=arguments):
                self._check_style(str(arguments.get("style")))

    def _check_style(self, style: str) -> None:
        if style not in self.styles:
            raise ConfigError("no such style", where="style", got=repr(style), expected=", ".join(self.styles))


def _no_quit() -> Fault:
    return fault(
        HTTPStatus.FORBIDDEN,
        "the performance cannot be ended from here",
        where="quit",
        cure="`stop` lets the music rest; `--set serve.allow_quit=true` allows it",
    )
