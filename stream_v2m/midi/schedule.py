"""What is to be sent when: due-stamped events and the note-offs that follow from them. Pure; it never sleeps."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import NamedTuple

from stream_v2m.midi.channel_message import STOP, is_note_on, is_timing, note_of, note_off
from stream_v2m.midi.ledger import Key, Ledger, Release
from stream_v2m.midi.patch import Patch
from stream_v2m.midi.transport import Transport

_NEVER = float("inf")


class _Queued(NamedTuple):
    due: float
    place: int  # events of one moment keep the order in which they came
    port: int
    message: bytes
    release: float


class _Port:
    """What is known of one output."""

    def __init__(self) -> None:
        self.there = True
        self.patch = Patch()
        self.transport = Transport()
        self.unsure: set[Key] = set()  # ended since the port was last seen
        self.stranded: set[Key] = set()  # sounded when the port was lost, or may have
        self.clocked = False  # it was sent transport messages, of which it may not have heard the last

    def owe(self, place: int, message: bytes) -> None:
        """Keep an ending that could not be sent."""
        note = note_of(message)
        if note is not None and not is_note_on(message):
            self.stranded.add(Key(place, *note))
        self.clocked |= message[0] == STOP

    def restore(self) -> list[bytes]:
        """What it must be told when it is back: the end of all that may sound or run, then how it was set up."""
        offs = [note_off(key.channel, key.pitch) for key in sorted(self.stranded)]
        stop = [bytes((STOP,))] if self.clocked else []
        self.stranded = set()
        return [*offs, *stop, *self.patch.restore()]


class Schedule:
    """The queue in front of the ports, and the ledger behind it.

    Notes are refused while ``muted``, when more than ``stale`` seconds late, and when their end has
    passed; controllers and programs are always sent, since later notes depend on them. What becomes of
    clock pulses says ``midi.transport``. For a port that is lost nothing is named but what it is to be
    told when it is back.

    Args:
        ports: how many outputs there are; ``ALL_PORTS`` has been resolved by the caller.
        stale: seconds.
    """

    def __init__(self, ports: int, *, stale: float) -> None:
        self.muted = False
        self.dropped = 0
        self._stale = stale
        self._ledger = Ledger()
        self._ports = [_Port() for _ in range(ports)]
        self._queue: list[_Queued] = []
        self._count = 0

    @property
    def sounding(self) -> int:
        return len(self._ledger)

    @property
    def slips(self) -> int:
        """How often a receiver's clock was stopped because pulses came too late."""
        return sum(port.transport.slips for port in self._ports)

    def add(self, due: float, port: int, message: bytes, release: float | None) -> None:
        """Queue one message; ``release`` is when its note-off is due, if it is a note-on."""
        self._count += 1
        heapq.heappush(self._queue, _Queued(due, self._count, port, message, _NEVER if release is None else release))

    def next_due(self) -> float | None:
        """When there is something to send next; None if nothing waits."""
        release = self._ledger.next_due()
        if not self._queue:
            return release
        return self._queue[0].due if release is None else min(release, self._queue[0].due)

    def take(self, now: float) -> list[Release]:
        """Everything due by ``now`` in the order of time; of one moment, note-offs first."""
        ready: list[Release] = []
        while self._queue and self._queue[0].due <= now:
            event = heapq.heappop(self._queue)
            ready += self._ledger.overdue(event.due)
            ready += self._sent(event, now)
        return self._ending(ready + self._ledger.overdue(now))

    def silence(self, now: float) -> list[Release]:
        """Forget the queued notes and end all that sounds, under a held pedal too; the clock goes on."""
        notes = [event for event in self._queue if is_note_on(event.message)]
        self._queue = [event for event in self._queue if not is_note_on(event.message)]
        heapq.heapify(self._queue)
        self.dropped += len(notes)
        return self._ending(self._ledger.release_all(now)) + self._to_all(lambda port: port.patch.silence(), now)

    def halt(self, now: float) -> list[Release]:
        """Silence, and stop the clocks: nobody leads the performance."""
        return self.silence(now) + self._to_all(lambda port: port.transport.halt(), now)

    def finish(self, now: float) -> list[Release]:
        """End all that sounds, leave the controllers at their defaults, stop the clocks."""
        released = self._ledger.release_all(now) + self._to_all(lambda port: port.patch.resets(), now)
        return released + self._to_all(lambda port: port.transport.halt(), now)

    def confirm(self) -> None:
        """Every port that was not lost is there: what was sent until now has been heard."""
        for port in self._ports:
            port.unsure.clear()

    def lose(self, place: int) -> None:
        """The port is not there: write off its notes, and name nothing for it until it is back."""
        port, lost = self._ports[place], self._ledger.forget(place)
        self.dropped += len(lost)
        port.there = False
        port.stranded.update(lost, port.unsure)
        port.unsure.clear()
        port.transport.halt()

    def restore(self, place: int, now: float) -> list[Release]:
        """What a port that has come back must be told."""
        port = self._ports[place]
        port.there = True
        return [Release(now, place, message) for message in port.restore()]

    def _sent(self, event: _Queued, now: float) -> list[Release]:
        port, message = self._ports[event.port], event.message
        port.patch.note(message)
        stale = now - event.due > self._stale
        if not port.there:
            self.dropped += is_note_on(message)
            port.owe(event.port, message)
            return []
        if is_timing(message):
            admitted = port.transport.admit(message, stale=stale, muted=self.muted)
            port.clocked |= port.transport.runs
            return [Release(event.due, event.port, each) for each in admitted]
        sent, note = Release(event.due, event.port, message), note_of(message)
        if note is None:
            return [sent]
        key = Key(event.port, *note)
        if not is_note_on(message):
            self._ledger.release(key, event.due)
            return [sent]
        if self.muted or stale or event.release <= now:
            self.dropped += 1
            return []
        return [*self._ledger.strike(key, event.due, event.release), sent]

    def _ending(self, released: list[Release]) -> list[Release]:
        """Remember which notes end; a port that has vanished unseen does not hear it."""
        for _, place, message in released:
            note = note_of(message)
            if note is not None and not is_note_on(message):
                self._ports[place].unsure.add(Key(place, *note))
        return released

    def _to_all(self, messages: Callable[[_Port], Iterable[bytes]], now: float) -> list[Release]:
        """What ``messages`` names for each port that is there."""
        return [
            Release(now, place, message)
            for place, port in enumerate(self._ports)
            if port.there
            for message in messages(port)
        ]
