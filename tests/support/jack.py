"""A JACK server of our own without a sound card, and a listener that keeps what arrives on a MIDI port."""

from __future__ import annotations

import fcntl
import itertools
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.require import missing, require

if TYPE_CHECKING:
    import rtmidi

LOOK_EVERY = 0.0005  # seconds
QUEUE = 65536  # messages that may wait to be asked for
PATIENCE = 10.0  # seconds that a condition may take on a busy machine
# jackd knows eight servers on a machine, and one that was killed keeps its place until its name is used again:
# so names come back, but not at once, since a test may run a server beside another.
_numbers = itertools.count()


@contextmanager
def jack_server(wait_ms: int = 200) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``jackd`` on its dummy driver under a name of its own, which this process and its children then use.

    It waits for its clients (``--sync``, at most ``wait_ms``), since otherwise one that is late on a busy
    machine loses what it wanted to send, and a test that counts messages would blame the player. For a
    client that was killed it waits ten times.
    """
    require("jackd", "jack_wait")
    worker = os.environ.get("PYTEST_XDIST_WORKER", f"gw{os.getpid() % 2}")
    name = f"v2m-{worker}-{next(_numbers) % 3}"
    with pytest.MonkeyPatch.context() as patch, ExitStack() as undo:
        patch.setenv("JACK_DEFAULT_SERVER", name)
        patch.setenv("JACK_NO_START_SERVER", "1")
        with _alone():
            server = start_jackd(wait_ms)
            undo.callback(end, server)
            wait_for_jackd(server)
        yield server


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other process start a server meanwhile: two that begin at once spoil each other's registry."""
    with (Path(tempfile.gettempdir()) / "stream_v2m-tests-jackd.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start_jackd(wait_ms: int = 200) -> subprocess.Popen[bytes]:
    """A server under the name that ``JACK_DEFAULT_SERVER`` says; again, if another has died."""
    return subprocess.Popen(
        ["jackd", "--no-realtime", "--sync", "-t", str(wait_ms), "-d", "dummy", "-r", "48000", "-p", "128"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_jackd(server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; a machine where it does not has no JACK."""
    waited = subprocess.run(["jack_wait", "-w", "-t", "10"], capture_output=True, check=False)
    if waited.returncode or server.poll() is not None:
        missing("jackd does not start")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and see that it does."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Listener:
    """A MIDI input under JACK that keeps every message with the moment of its arrival (``perf_counter``).

    A thread of ours asks for what has come: JACK's own has too small a stack to run Python on, and
    holds up whoever closes the port while it waits for the interpreter.
    """

    def __init__(self, name: str = "peer") -> None:
        import rtmidi

        self.name = name
        self.messages: list[tuple[float, bytes]] = []
        self._changed = threading.Condition()
        self._input = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name, queue_size_limit=QUEUE)
        self._input.ignore_types(sysex=False, timing=False, active_sense=False)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def open_virtual(self) -> Listener:
        """Be a port that players connect to, as ``<name>:in``."""
        self._input.open_virtual_port("in")
        self._thread.start()
        return self

    def connect(self, name: str) -> Listener:
        """Listen to the first port whose name contains ``name``, as soon as there is one."""
        self._input.open_port(index_of(name, self._input), "in")
        self._thread.start()
        return self

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Return when ``condition`` holds; it is tested at every arrival.

        Raises:
            AssertionError: it does not come to hold.
        """
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), (
                f"{what} did not come; got {len(self.messages)} messages"
            )

    def wait_for_notes(self, count: int) -> None:
        """Return when ``count`` notes have begun."""
        self.wait_for(lambda: len(self.note_ons()) >= count, f"{count} notes")

    def wait_for_silence(self) -> None:
        """Return when no note sounds."""
        self.wait_for(lambda: not self.sounding(), "the end of every note")

    def note_ons(self) -> list[bytes]:
        return [message for _, message in self.messages if message[0] & 0xF0 == 0x90 and message[2]]

    def controls(self, controller: int) -> list[bytes]:
        return [message for _, message in self.messages if message[0] & 0xF0 == 0xB0 and message[1] == controller]

    def sounding(self) -> set[tuple[int, int]]:
        """Channel and pitch of every note that has begun and not ended: note-offs only, no other mercy."""
        notes = set()
        for _, message in self.messages:
            key = message[0] & 0x0F, message[1] if len(message) > 1 else 0
            if message[0] & 0xF0 == 0x90 and message[2]:
                notes.add(key)
            elif message[0] & 0xF0 in (0x80, 0x90):
                notes.discard(key)
        return notes

    def close(self) -> None:
        """Listen no more and let go of the port."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
        self._input.delete()

    def _listen(self) -> None:
        while not self._closed.wait(LOOK_EVERY):
            while event := self._input.get_message():
                with self._changed:
                    self.messages.append((time.perf_counter(), bytes(event[0])))
                    self._changed.notify_all()


def index_of(name: str, client: rtmidi.MidiIn | rtmidi.MidiOut) -> int:
    """Where the first port whose name contains ``name`` stands among those of a client, as soon as there is one."""
    from stream_v2m.midi.rtmidi_api import ports_of

    found: list[int] = []

    def look() -> bool:
        found[:] = [index for index, port in enumerate(ports_of(client)) if name in port]
        return bool(found)

    wait_for(look, f"a port named {name!r}")
    return found[0]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return when ``condition`` holds, asking every few milliseconds.

    Raises:
        AssertionError: it does not come to hold.
    """
    end = time.perf_counter() + PATIENCE
    while not condition():
        assert time.perf_counter() < end, f"{what} did not come"
        time.sleep(0.005)
