"""The MIDI inputs of a performance: polled by one thread, found again when they vanish, handed to the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import PortError
from stream_v2m.core.inputs import InputState, Received
from stream_v2m.midi.arrival import ArrivalClock
from stream_v2m.midi.channel_message import is_message
from stream_v2m.midi.input_port import InputClient, InputSpec, connect_input
from stream_v2m.midi.jack_server import JackServer
from stream_v2m.midi.mailbox import BATCH, Counts, Mailbox
from stream_v2m.midi.port import AUTO

POLL_EVERY = 0.002  # seconds
LOOK_EVERY = 0.5  # seconds; a program that is gone and back within them would be listened to in vain
PATIENCE = 2.0  # seconds that the thread may take to end: a library may be stuck in a dead server
_SYSTEM_EXCLUSIVE, _ACTIVE_SENSING = 0xF0, 0xFE


class Inputs:
    """Opens inputs and hands on what they bring, in the order of its arrival.

    System exclusive messages and active sensing are left out. When messages come faster than the loop
    takes them, the oldest of keys and controllers are dropped first, and counted.

    Args:
        specs: ``virtual``, ``virtual:NAME``, ``port:NAME`` or ``port:INDEX``.
        receive: called on the loop with each message.
        changed: called on the loop with the state of every input, when it is another.
        api: the system's MIDI interface; the first that answers if not given.

    Raises:
        PortError: a specification is wrong.
    """

    def __init__(
        self,
        specs: Sequence[str],
        receive: Callable[[Received], None],
        *,
        changed: Callable[[tuple[InputState, ...]], None],
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        api: str = AUTO,
    ) -> None:
        self._slots = [_Slot(InputSpec.parse(spec)) for spec in specs]
        self._changed, self._clock, self._loop = changed, clock, loop
        self._mailbox = Mailbox(receive, loop, [slot.counts for slot in self._slots])
        self._system = _System(api)
        self._told: tuple[InputState, ...] = ()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi-inputs", daemon=True)

    @property
    def states(self) -> tuple[InputState, ...]:
        """How each input is."""
        return tuple(slot.state() for slot in self._slots)

    def open(self) -> None:
        """Open what is there, and begin to listen; what is not there is looked for all the time."""
        self._look()
        self._thread.start()

    def close(self) -> None:
        """Listen no more and let go of the ports."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        next_look = self._clock.now() + LOOK_EVERY
        while not self._closing.is_set():
            time.sleep(POLL_EVERY)  # which costs half of what waiting for the event would
            self._take()
            if self._clock.now() >= next_look:
                self._look()
                next_look = self._clock.now() + LOOK_EVERY
        for slot in self._slots:
            slot.shut("closed")
        self._system.close()

    def _take(self) -> None:
        batch = [message for index, slot in enumerate(self._slots) for message in slot.take(index, self._clock)]
        if batch:
            batch.sort(key=lambda received: received.moment)
            self._mailbox.put(batch)

    def _look(self) -> None:
        if not self._system.alive():
            for slot in self._slots:
                slot.shut("the JACK server is gone")
            self._system.close()
        for slot in self._slots:
            slot.look(self._system.connect)
        if (states := self.states) != self._told:
            self._told = states
            self._loop.call_soon_threadsafe(self._changed, states)


class _Slot:
    """One input: a client of the system, and the port that it has, if it is there."""

    def __init__(self, spec: InputSpec) -> None:
        self.spec, self.counts = spec, Counts()
        self._client: InputClient | None = None
        self._name = ""
        self._problem = ""
        self._arrival = ArrivalClock()
        self._empty = 0.0  # when nothing was there the last time

    def state(self) -> InputState:
        counts = self.counts
        return InputState(
            self.spec.text, self._name, self._problem, counts.received, counts.dropped, counts.lost_pulses
        )

    def take(self, index: int, clock: Clock) -> list[Received]:
        """What has come, but no more than a batch."""
        if self._client is None or not self._name:
            return []
        batch = []
        try:
            for _ in range(BATCH):
                before = clock.now()
                event = self._client.poll()
                if event is None:
                    self._empty = before
                    break
                driver, message = event
                moment = self._arrival.moment(driver, earliest=self._empty, latest=clock.now())
                if is_message(message) and message[0] not in (_SYSTEM_EXCLUSIVE, _ACTIVE_SENSING):
                    batch.append(Received(moment, index, message))
        except PortError as error:
            self.shut(str(error))
        return batch

    def look(self, connect: Callable[[], InputClient]) -> None:
        """See whether the port is still there; if not, whether it is there again."""
        try:
            if self._client is None:
                self._client = connect()
            names = self._client.sources()
            if self._name and self.spec.kind == "port" and self._name not in names:
                self._name = ""
                self._client.release()
            if not self._name:
                self._open(self._client, names)
        except PortError as error:
            if self._name:
                self.shut(str(error))
            self._problem = str(error)

    def shut(self, problem: str) -> None:
        """Let go of the port and of the system."""
        if self._client is not None:
            self._client.close()
        self._client, self._name, self._problem = None, "", problem

    def _open(self, client: InputClient, names: list[str]) -> None:
        if self.spec.kind == "virtual":
            client.open_virtual(self.spec.detail)
            self._name = self.spec.detail
        else:
            self._name = client.open(self.spec.find(names))
            self.spec = self.spec.settled(self._name)
        self._arrival, self._problem = ArrivalClock(), ""


class _System:
    """The system's MIDI interface: chosen once, and watched where it can die."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._server: JackServer | None = None

    def connect(self) -> InputClient:
        client = connect_input(self._api)
        self._api = client.api
        if client.api == "jack" and self._server is None:
            try:
                self._server = JackServer()
            except PortError:  # it went in between
                client.close()
                raise
        return client

    def alive(self) -> bool:
        return self._server is None or self._server.alive()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
