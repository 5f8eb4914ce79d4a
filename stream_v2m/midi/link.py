"""The link between the player and its process: JSON lines over a socket pair, never blocking, either way.

A socket, since it is the one thing that select and non-blocking writes know on Linux, macOS and Windows.
Lines, since whatever is garbled ends at the next newline.
"""

from __future__ import annotations

import json
import socket
from collections import deque
from typing import Any

MAX_LINE = 65536
CAPACITY = 4096  # lines that may wait for a reader before notes are dropped
JACK_ENDED = 75  # the process's exit code when it ended with the JACK server; EX_TEMPFAIL
_BATCH = 64


class Link:
    """One end: ``put`` lines, ``receive`` messages; ``ended`` once the other end is gone."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.ended = False
        self.garbled = 0
        self.dropped = 0
        self._end = end
        self._lines: deque[tuple[bytes, bool]] = deque()  # with: may be dropped
        self._leaving = b""
        self._arriving = b""

    def fileno(self) -> int:
        return self._end.fileno()

    @property
    def backlog(self) -> int:
        """Lines that wait to be written."""
        return len(self._lines) + bool(self._leaving)

    def put(self, *message: Any, droppable: bool = False) -> bool:
        """Queue one message for the next ``flush``; False if it was dropped for want of room.

        Only a droppable message ever is, when ``CAPACITY`` lines wait or the other end is gone.
        """
        if droppable and (self.ended or len(self._lines) >= CAPACITY):
            self.dropped += 1
            return False
        self._lines.append((json.dumps(message, separators=(",", ":")).encode() + b"\n", droppable))
        return True

    def drop(self) -> None:
        """Forget what is droppable and not yet on its way."""
        kept = deque(line for line in self._lines if not line[1])
        self.dropped += len(self._lines) - len(kept)
        self._lines = kept

    def flush(self) -> None:
        """Write as much as the other end takes now."""
        while not self.ended and (self._leaving or self._lines):
            if not self._leaving:
                count = min(_BATCH, len(self._lines))
                self._leaving = b"".join(self._lines.popleft()[0] for _ in range(count))
            try:
                written = self._end.send(self._leaving)
            except BlockingIOError:
                return
            except OSError:
                self.ended = True
                return
            self._leaving = self._leaving[written:]

    def receive(self) -> list[list[Any]]:
        """The messages that have arrived; what is no message is counted in ``garbled`` and skipped."""
        while not self.ended:
            try:
                chunk = self._end.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                chunk = b""
            self.ended = not chunk
            self._arriving += chunk
        *lines, self._arriving = self._arriving.split(b"\n")
        if len(self._arriving) > MAX_LINE:
            self._arriving = b"\0"  # keeps the rest of the line from being taken for a line
        messages = [self._parse(line) for line in lines]
        return [message for message in messages if message is not None]

    def close(self) -> None:
        """Let the other end see that this one is gone."""
        self.ended = True
        self._end.close()

    def _parse(self, line: bytes) -> list[Any] | None:
        try:
            message = json.loads(line)
        except ValueError:  # UnicodeDecodeError is one too
            message = None
        if isinstance(message, list) and message and isinstance(message[0], str):
            return message
        self.garbled += 1
        return None
