"""The ledger of sounding notes: which sound on which port, and until when."""

from __future__ import annotations

from typing import NamedTuple

from stream_v2m.midi.channel_message import note_off


class Key(NamedTuple):
    """One note as a synthesizer tells notes apart: there is only one of each."""

    port: int
    channel: int
    pitch: int


class Release(NamedTuple):
    """A note-off and when it is due."""

    due: float
    port: int
    message: bytes


class Ledger:
    """Every note that was struck and not yet released. Pure: it names the messages, others send them."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def strike(self, key: Key, at: float, until: float) -> list[Release]:
        """Note that ``key`` sounds from now; the note-off that must go first if it sounds already."""
        ended = self.release(key, at)
        self._until[key] = until
        return ended

    def release(self, key: Key, at: float) -> list[Release]:
        """The note-off of ``key``; nothing if it does not sound."""
        return [] if self._until.pop(key, None) is None else [_off(key, at)]

    def next_due(self) -> float | None:
        """When the next note must end."""
        return min(self._until.values(), default=None)

    def overdue(self, now: float) -> list[Release]:
        """The note-offs due by ``now``, in the order of time."""
        if not self._until or min(self._until.values()) > now:
            return []
        ended = sorted((until, key) for key, until in self._until.items() if until <= now)
        for _, key in ended:
            del self._until[key]
        return [_off(key, until) for until, key in ended]

    def release_all(self, at: float) -> list[Release]:
        """The note-offs of all that sounds; asked again, nothing."""
        ended = [_off(key, at) for key in self._until]
        self._until.clear()
        return ended

    def forget(self, port: int) -> list[Key]:
        """Write off the notes of a port that is gone; which they were."""
        lost = [key for key in self._until if key.port == port]
        for key in lost:
            del self._until[key]
        return lost


def _off(key: Key, due: float) -> Release:
    return Release(due, key.port, note_off(key.channel, key.pitch))
