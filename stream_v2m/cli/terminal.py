"""The terminal as an instrument: keys into live commands, now or on the next beat or bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stream_v2m.cli.keyboard import Keyboard
from stream_v2m.cli.keys import keys_for, next_when, parse_keys, part_command
from stream_v2m.core.commands.command import Command, When
from stream_v2m.core.commands.performance import Panic, Quit
from stream_v2m.core.commands.tempo import Nudge, Tap
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.core.state import Board

QUANTISE = "b"
HELP = "?"
AT_ONCE = (Panic, Tap, Nudge, Quit)  # what means this very moment, whenever the others take effect


async def steer(keyboard: Keyboard, obey: Callable[[Command], None], board: Board, *, styles: Sequence[str]) -> None:
    """Turn keys into live commands until cancelled; what is refused is a notice.

    Args:
        obey: takes a command, or raises ``StreamV2MError``.
        styles: those that the bracket keys go through.
    """
    keys = keys_for(styles)
    when: When = "now"
    with keyboard:
        while True:
            for name in parse_keys(await keyboard.read()):
                if name == QUANTISE:
                    when = next_when(when)
                    board.notice("keys take effect " + ("now" if when == "now" else f"on the next {when}"))
                elif name == HELP:
                    board.notice("  ".join(f"{key.name} {key.does}" for key in keys.values()))
                elif command := keys[name].command(board.state) if name in keys else part_command(name, board.state):
                    waits = {} if isinstance(command, AT_ONCE) else {"when": when}
                    try:
                        obey(command.model_copy(update=waits))
                    except StreamV2MError as error:
                        board.notice(str(error))
