"""The wire between player and peer: this system's MIDI, a JACK server of our own, or a loopback where neither is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import PortError
from stream_v2m.midi.port import current_api

# jackd knows eight servers, and one that was killed keeps its place until its name is used again.
SERVER = f"v2m-bench-{os.getpid() % 3}"
RATE_HZ, PERIOD = 48_000, 128
ANSWERS_WITHIN = 10.0  # seconds
ENDS_WITHIN = 5.0
# It waits for its clients: else one that is late on a busy machine loses what it sends, and nothing would be measured.
_JACKD = ["jackd", "--no-realtime", "--sync", "-t", "200", "-d", "dummy", "-r", str(RATE_HZ), "-p", str(PERIOD)]
_NAME, _NO_START = "JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"


@dataclass(frozen=True, slots=True)
class Wire:
    """How a player reaches the peer.

    Attributes:
        api: the system's MIDI interface; None: a loopback.
        text: the same in words.
    """

    api: str | None
    text: str


@contextmanager
def open_wire() -> Iterator[Wire]:
    """The best that there is here; a server of our own ends with the block."""
    try:
        api = None if sys.platform == "win32" else current_api()
    except PortError:
        api = None
    if api is not None:
        yield Wire(api, f"virtual ports of this system's MIDI ({api})")
    elif shutil.which("jackd"):
        with _jack_server() as wire:
            yield wire
    else:
        yield _LOOPBACK


_LOOPBACK = Wire(None, "a loopback of this machine, since no MIDI system with virtual ports answers: no driver counts")


@contextmanager
def _jack_server() -> Iterator[Wire]:
    before = {name: os.environ.get(name) for name in (_NAME, _NO_START)}
    os.environ.update({_NAME: SERVER, _NO_START: "1"})  # for ours and our children's library
    # who is told to end must not leave a server behind
    terminating = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    server = subprocess.Popen(_JACKD, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        period = f"{PERIOD} frames at {RATE_HZ} Hz, {1000 * PERIOD / RATE_HZ:.1f} ms a period"
        said = f"a JACK server of its own, dummy driver, {period}"
        yield Wire("jack", said) if _answers(server) else _LOOPBACK
    finally:
        server.terminate()
        try:
            server.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        signal.signal(signal.SIGTERM, terminating)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _answers(server: subprocess.Popen[bytes]) -> bool:
    clock = MonotonicClock()
    while clock.now() < ANSWERS_WITHIN:
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            pass
        else:
            return False
        try:
            return bool(current_api("jack"))
        except PortError:
            continue
    return False
