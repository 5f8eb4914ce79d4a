"""The player's process seen from outside: started with one end of a link, asked to end, killed if it will not."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from typing import IO, Any

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.midi.link import JACK_ENDED, Link

_END_WITHIN = 2.0  # seconds, besides the music that is still played
_LAST_WORDS = 2000  # bytes


class Child:
    """A running ``stream_v2m.midi.process``.

    Attributes:
        reason: once it has been killed or has ended, why.

    Args:
        settings: see ``midi.process.Playing``.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.reason = ""
        ours, theirs = socket.socketpair()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        # -P: a `json.py` in the current folder is not the one that we mean
        command = [sys.executable, "-P", "-m", "stream_v2m.midi.process", json.dumps(settings)]
        environment = {**os.environ, "JACK_NO_START_SERVER": "1"}
        with theirs:
            self._process = _popen(command, environment, theirs, self._stderr)
        self.link = Link(ours)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_for_report(self, seconds: float) -> list[Any] | None:
        """The first message; None if none came."""
        clock, end = MonotonicClock(), seconds
        while not self.link.ended and (left := end - clock.now()) > 0:
            select.select([self.link], [], [], left)
            for message in self.link.receive():
                return message
        return None

    def finish(self, seconds: float) -> list[list[Any]]:
        """Wait for the end, at most ``seconds`` and a grace; the last messages."""
        clock, end = MonotonicClock(), seconds + _END_WITHIN
        messages: list[list[Any]] = []
        while not self.link.ended and (left := end - clock.now()) > 0:
            self.link.flush()
            select.select([self.link], [], [], min(left, 0.05))
            messages += self.link.receive()
        self.kill(after=max(0.0, end - clock.now()))
        return messages

    def kill(self, after: float = 0.0) -> None:
        """End it now, or when it has not ended by itself ``after`` seconds."""
        self.link.close()
        code = None
        try:
            code = self._process.wait(after)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if not self._stderr.closed:
            self.reason = self._why(code)
            self._stderr.close()

    def _why(self, code: int | None) -> str:
        if code == JACK_ENDED:
            return "the JACK server has gone"
        if code is None:
            return "it does not answer"
        if code < 0:
            return signal.strsignal(-code) or f"signal {-code}"
        return self._last_words() or f"exit code {code}"

    def _last_words(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _LAST_WORDS))
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _popen(
    command: list[str], environment: dict[str, str], end: socket.socket, stderr: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start the process in a session or group of its own, its end of the link as standard input."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.HIGH_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            creationflags=flags,
        )
        assert process.stdin is not None
        with process.stdin as pipe:
            pipe.write(end.share(process.pid))
        return process
    return subprocess.Popen(
        command,
        env=environment,
        stdin=end.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )
