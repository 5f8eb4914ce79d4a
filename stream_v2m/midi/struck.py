"""The parent's own memory of what may sound, so that a new player process can end what a dead one left."""

from __future__ import annotations

from collections.abc import Sequence

from stream_v2m.core.values import MidiEvent
from stream_v2m.midi.channel_message import STOP, is_note_on, is_timing, note_of, note_off
from stream_v2m.midi.output import Output, addressed
from stream_v2m.midi.patch import Patch
from stream_v2m.midi.transport import Transport


class Struck:
    """Notes handed to the process whose end it has not reported yet, and what its ports were told.

    It knows more than the process's last report could: what was struck since is here too.
    """

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        self._notes: dict[tuple[int, int, int], tuple[float, float]] = {}  # port, channel, pitch: due, release
        self._patches = [Patch() for _ in outputs]
        self._transports = [Transport() for _ in outputs]

    def note(self, event: MidiEvent) -> None:
        """Remember one event that was handed over."""
        note = note_of(event.message)
        for port in addressed(self._outputs, event.port, event.message):
            self._patches[port].note(event.message)
            if is_timing(event.message):
                self._transports[port].admit(event.message, stale=False, muted=False)
            if note is not None and is_note_on(event.message):
                due = event.due + self._outputs[port].offset
                first = self._notes.get((port, *note), (due, 0.0))[0]
                release = float("inf") if event.release is None else event.release + self._outputs[port].offset
                self._notes[port, *note] = first, release

    def panic(self, now: float) -> None:
        """Everything was told to end."""
        self._notes = {key: (due, now) for key, (due, _) in self._notes.items() if due <= now}

    def ended(self, reported: float) -> None:
        """The process was well at ``reported``: what was due to end by then has ended."""
        self._notes = {key: times for key, times in self._notes.items() if times[1] > reported}

    def release(self, now: float) -> list[MidiEvent]:
        """What a new process must send first.

        The ends of the notes and of running clocks, then resets, programs and controllers as they were,
        due now at each output. It says the same again until the new process has reported later than ``now``.
        """
        ends = [
            (port, note_off(channel, pitch)) for (port, channel, pitch), (due, _) in self._notes.items() if due <= now
        ]
        self.panic(now)
        for port, (patch, transport) in enumerate(zip(self._patches, self._transports, strict=True)):
            stop = [bytes((STOP,))] if transport.runs else []
            ends += [(port, message) for message in (*stop, *patch.restore())]
        return [MidiEvent(now - self._outputs[port].offset, port, message) for port, message in ends]
