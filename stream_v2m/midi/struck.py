"""The parent's own memory of what may sound, so that a new player process can end what a dead one left."""

from __future__ import annotations

from stream_v2m.core.values import ALL_PORTS, MidiEvent
from stream_v2m.midi.channel_message import is_note_on, note_of, note_off
from stream_v2m.midi.patch import Patch


class Struck:
    """Notes handed to the process whose end it has not reported yet, and what its ports were told.

    It knows more than the process's last report could: what was struck since is here too.
    """

    def __init__(self, ports: int) -> None:
        self._notes: dict[tuple[int, int, int], tuple[float, float]] = {}  # port, channel, pitch: due, release
        self._patches = [Patch() for _ in range(ports)]

    def note(self, event: MidiEvent) -> None:
        """Remember one event that was handed over."""
        note = note_of(event.message)
        for port in range(len(self._patches)) if event.port == ALL_PORTS else (event.port,):
            self._patches[port].note(event.message)
            if note is not None and is_note_on(event.message):
                first = self._notes.get((port, *note), (event.due, 0.0))[0]
                self._notes[port, *note] = first, float("inf") if event.release is None else event.release

    def panic(self, now: float) -> None:
        """Everything was told to end."""
        self._notes = {key: (due, now) for key, (due, _) in self._notes.items() if due <= now}

    def ended(self, reported: float) -> None:
        """The process was well at ``reported``: what was due to end by then has ended."""
        self._notes = {key: times for key, times in self._notes.items() if times[1] > reported}

    def release(self, now: float) -> list[MidiEvent]:
        """What a new process must send first: note-offs, resets, then programs and controllers as they were."""
        offs = [
            MidiEvent(now, port, note_off(channel, pitch))
            for (port, channel, pitch), (due, _) in self._notes.items()
            if due <= now
        ]
        self._notes.clear()
        return offs + [
            MidiEvent(now, port, message) for port, patch in enumerate(self._patches) for message in patch.restore()
        ]
