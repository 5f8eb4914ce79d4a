"""The terminal's keyboard: characters as they are typed, without Return and without an echo."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any, Protocol, Self

LOOK_EVERY = 0.05  # seconds, on systems where a console cannot say that a key was pressed
CHUNK = 1024  # bytes


class Keyboard(Protocol):
    """Entered and left like a file; ``read`` waits for characters."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    async def read(self) -> str:
        """What was typed since the last call; waits until something was."""
        ...


if sys.platform == "win32":

    class TerminalKeyboard:
        """Windows' console, which has to be asked."""

        def __init__(self, terminal: int) -> None:
            pass

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exception: object) -> None:
            pass

        async def read(self) -> str:
            import msvcrt

            while not msvcrt.kbhit():  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(LOOK_EVERY)
            return msvcrt.getwch()

else:
    import termios
    import tty

    class TerminalKeyboard:
        """A terminal, set to give every character at once; Ctrl-C and Ctrl-Z stay what they are.

        In the background it is left alone: who reads a terminal from there is stopped.
        """

        def __init__(self, terminal: int) -> None:
            self._terminal = terminal
            self._typed = bytearray()
            self._fresh = asyncio.Event()
            self._before: list[Any] | None = None
            self._loop: asyncio.AbstractEventLoop | None = None

        def __enter__(self) -> Self:
            self._loop = asyncio.get_running_loop()
            self._loop.add_signal_handler(signal.SIGCONT, self._take)
            self._take()
            return self

        def __exit__(self, *exception: object) -> None:
            assert self._loop is not None
            self._loop.remove_signal_handler(signal.SIGCONT)
            self._loop.remove_reader(self._terminal)
            if self._before is not None and self._foreground():
                termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

        async def read(self) -> str:
            await self._fresh.wait()
            self._fresh.clear()
            text = self._typed.decode(errors="ignore")
            self._typed.clear()
            return text

        def _take(self) -> None:
            """Begin, or go on after a pause in the background, where the shell has changed the terminal's mode."""
            assert self._loop is not None
            if not self._foreground():
                self._loop.remove_reader(self._terminal)
                return
            if self._before is None:
                self._before = termios.tcgetattr(self._terminal)
            tty.setcbreak(self._terminal)
            self._loop.add_reader(self._terminal, self._arrived)

        def _arrived(self) -> None:
            assert self._loop is not None
            try:
                typed = os.read(self._terminal, CHUNK) if self._foreground() else b""
            except OSError:  # the terminal has gone
                typed = b""
            if not typed:
                self._loop.remove_reader(self._terminal)
                return
            self._typed += typed
            self._fresh.set()

        def _foreground(self) -> bool:
            try:
                return os.tcgetpgrp(self._terminal) == os.getpgrp()
            except OSError:
                return False


def open_keyboard() -> Keyboard | None:
    """This process's keyboard; None where it has none, as a service or behind a pipe."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    return TerminalKeyboard(sys.stdin.fileno())
