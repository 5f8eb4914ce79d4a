"""Music as MIDI: notes, controllers and programs of a part become messages on a channel."""

from __future__ import annotations

from stream_v2m.core.values import ALL_PORTS, ControlEvent, MidiEvent, MusicEvent, NoteEvent
from stream_v2m.midi.channel_message import control_change, note_on, program_change


def encode(event: MusicEvent, *, channel: int, port: int = ALL_PORTS) -> MidiEvent:
    """The message of one event on ``channel`` 1–16; a note's end travels along as ``release``."""
    if isinstance(event, NoteEvent):
        message = note_on(channel, event.pitch, event.velocity)
        return MidiEvent(event.onset, port, message, release=event.onset + event.duration)
    if isinstance(event, ControlEvent):
        return MidiEvent(event.time, port, control_change(channel, event.controller, event.value))
    return MidiEvent(event.time, port, program_change(channel, event.program))
