"""What is to be sent when: due-stamped events and the note-offs that follow from them. Pure; it never sleeps."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

from stream_v2m.midi.channel_message import is_note_on, note_of
from stream_v2m.midi.ledger import Key, Ledger, Release
from stream_v2m.midi.patch import Patch

_NEVER = float("inf")


class _Queued(NamedTuple):
    due: float
    place: int  # events of one moment keep the order in which they came
    port: int
    message: bytes
    release: float


class Schedule:
    """The queue in front of the ports, and the ledger behind it.

    Notes are refused while ``muted``, when more than ``stale`` seconds late, and when their end has
    passed; controllers and programs are always sent, since later notes depend on them.

    Args:
        ports: how many outputs there are; ``ALL_PORTS`` has been resolved by the caller.
        stale: seconds.
    """

    def __init__(self, ports: int, *, stale: float) -> None:
        self.muted = False
        self.dropped = 0
        self._stale = stale
        self._ledger = Ledger()
        self._patches = [Patch() for _ in range(ports)]
        self._queue: list[_Queued] = []
        self._count = 0

    @property
    def sounding(self) -> int:
        return len(self._ledger)

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
        return ready + self._ledger.overdue(now)

    def silence(self, now: float) -> list[Release]:
        """Forget the queued notes and end all that sounds, under a held pedal too."""
        notes = [event for event in self._queue if is_note_on(event.message)]
        self._queue = [event for event in self._queue if not is_note_on(event.message)]
        heapq.heapify(self._queue)
        self.dropped += len(notes)
        return self._ledger.release_all(now) + self._to_all(Patch.silence, now)

    def finish(self, now: float) -> list[Release]:
        """End all that sounds and leave the controllers at their defaults."""
        return self._ledger.release_all(now) + self._to_all(Patch.resets, now)

    def restore(self, port: int, now: float) -> list[Release]:
        """What a port that has come back must be told."""
        return [Release(now, port, message) for message in self._patches[port].restore()]

    def forget(self, port: int) -> None:
        """Write off the notes of a port that is gone."""
        self.dropped += self._ledger.forget(port)

    def _sent(self, event: _Queued, now: float) -> list[Release]:
        note = note_of(event.message)
        self._patches[event.port].note(event.message)
        sent = Release(event.due, event.port, event.message)
        if note is None:
            return [sent]
        key = Key(event.port, *note)
        if not is_note_on(event.message):
            self._ledger.release(key, event.due)
            return [sent]
        if self.muted or now - event.due > self._stale or event.release <= now:
            self.dropped += 1
            return []
        return [*self._ledger.strike(key, event.due, event.release), sent]

    def _to_all(self, messages: Callable[[Patch], list[bytes]], now: float) -> list[Release]:
        return [Release(now, port, message) for port, patch in enumerate(self._patches) for message in messages(patch)]
