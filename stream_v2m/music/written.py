"""What is written and has not been handed over yet, in order of time."""

from __future__ import annotations

import heapq
from collections.abc import Collection

from stream_v2m.core.values import ControlEvent, MusicEvent, NoteEvent
from stream_v2m.music.sounding import ALL_NOTES_OFF


class Written:
    """Events until they are due; of one moment notes come last, and otherwise what was written first."""

    def __init__(self) -> None:
        self._events: list[tuple[float, bool, int, MusicEvent]] = []
        self._count = 0

    def add(self, event: MusicEvent) -> None:
        """Keep an event until it is taken."""
        self._count += 1
        heapq.heappush(self._events, (_moment_of(event), isinstance(event, NoteEvent), self._count, event))

    def take(self, until: float) -> list[MusicEvent]:
        """Hand over what lies before the moment ``until``."""
        due = []
        while self._events and self._events[0][0] < until:
            due.append(heapq.heappop(self._events)[-1])
        return due

    def forget(self, since: float) -> None:
        """Drop what lies at the moment ``since`` and after: notes, and the releases that go with them."""
        self._events = [
            item
            for item in self._events
            if item[0] < since or (isinstance(item[-1], ControlEvent) and item[-1].controller != ALL_NOTES_OFF)
        ]
        heapq.heapify(self._events)

    def keep(self, parts: Collection[str]) -> None:
        """Drop what is not of these parts."""
        self._events = [item for item in self._events if item[-1].part in parts]
        heapq.heapify(self._events)


def _moment_of(event: MusicEvent) -> float:
    """When an event begins, in seconds."""
    return event.onset if isinstance(event, NoteEvent) else event.time
