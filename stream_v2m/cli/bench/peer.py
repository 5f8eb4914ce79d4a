"""The peer, in a process of its own: it keeps every message that arrives, with the moment of its arrival.

``python -m stream_v2m.cli.bench.peer TASK``; TASK is JSON. It says one line when it listens, and ends when its
standard input does.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from stream_v2m.core.clock import Clock, MonotonicClock
from stream_v2m.core.stamps import Stamps, number_of
from stream_v2m.midi.arrival import ArrivalClock
from stream_v2m.midi.input_port import connect_input
from stream_v2m.midi.loopback import HOST

LOOK_EVERY = 0.0005  # seconds
COLUMNS = ("place", "at", "message")
_LARGEST = 65536  # bytes


class Ear(Protocol):
    """One input.

    Attributes:
        output: what a player opens to be heard here.
    """

    output: str

    def heard(self) -> Iterator[tuple[float, bytes]]:
        """What has come since the last look, with the moment of its arrival."""
        ...

    def close(self) -> None: ...


class MidiEar:
    """A virtual port of ours. The driver stamps what comes, so that our own polling does not count."""

    def __init__(self, name: str, api: str, clock: Clock) -> None:
        self.output = f"port:{name}"
        self._clock, self._arrival = clock, ArrivalClock()
        self._client = connect_input(api)
        self._client.open_virtual(name)
        self._looked = clock.now()

    def heard(self) -> Iterator[tuple[float, bytes]]:
        earliest, self._looked = self._looked, self._clock.now()
        while (message := self._client.poll()) is not None:
            driver, data = message
            yield self._arrival.moment(driver, earliest=earliest, latest=self._clock.now()), data

    def close(self) -> None:
        self._client.close()


class LoopbackEar:
    """A UDP port of this machine."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.setblocking(False)
        self.output = f"loopback:{self._socket.getsockname()[1]}"

    def heard(self) -> Iterator[tuple[float, bytes]]:
        while True:
            try:
                message = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return
            yield self._clock.now(), message

    def close(self) -> None:
        self._socket.close()


def main() -> None:
    """Listen until told to end."""
    task = json.loads(sys.argv[1])
    clock = MonotonicClock(task["origin"])
    stamps = Stamps(Path(task["file"]), len(COLUMNS))
    ears: list[Ear] = []
    for place in range(task["count"]):
        api = task["api"]
        # long, since ports are found by a part of their names
        name = f"bench-{os.getpid()}-{place:03}"
        ears.append(LoopbackEar(clock) if api is None else MidiEar(name, api, clock))
    told = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        told.set()

    threading.Thread(target=wait, name="told", daemon=True).start()
    print(json.dumps({"pid": os.getpid(), "outputs": [ear.output for ear in ears]}), flush=True)  # noqa: T201
    while not told.is_set():
        for place, ear in enumerate(ears):
            for at, message in ear.heard():
                stamps.add(place, at, number_of(message))
        time.sleep(LOOK_EVERY)
    stamps.close()
    for ear in ears:
        ear.close()


if __name__ == "__main__":
    main()
