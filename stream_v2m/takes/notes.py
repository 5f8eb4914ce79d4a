"""The notes of a take as they sounded: messages sent, less what was cut short or silenced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stream_v2m.core.values import MidiEvent
from stream_v2m.takes.take import Released

NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123


@dataclass(frozen=True, slots=True)
class Note:
    """One note: session seconds, MIDI channel 1–16."""

    onset: float
    end: float
    channel: int
    pitch: int
    velocity: int


def notes(sent: Iterable[MidiEvent | Released]) -> list[Note]:
    """In the order of their onsets; a note that nothing ended has no length."""
    found: list[Note] = []
    sounding: list[Note] = []
    for event in _in_time(sent):
        if isinstance(event, Released):
            moment, ends = event.at, [*sounding]
        else:
            moment, ends = event.due, [note for note in sounding if _ends(event, note)]
        found += (replace(note, end=min(note.end, moment)) for note in ends)
        sounding = [note for note in sounding if note not in ends]
        if isinstance(event, MidiEvent) and event.message[0] & 0xF0 == NOTE_ON and event.message[2]:
            end = event.due if event.release is None else event.release
            sounding.append(Note(event.due, end, (event.message[0] & 0x0F) + 1, *event.message[1:3]))
        over = [note for note in sounding if note.end <= moment]
        found += over
        sounding = [note for note in sounding if note.end > moment]
    return sorted([*found, *sounding], key=lambda note: (note.onset, note.channel, note.pitch))


def _in_time(sent: Iterable[MidiEvent | Released]) -> list[MidiEvent | Released]:
    """By the moment when each was due, without what was silenced before it came."""
    kept: list[MidiEvent | Released] = []
    for event in sent:
        if isinstance(event, Released):
            kept = [other for other in kept if _moment(other) <= event.at]
        kept.append(event)
    return sorted(kept, key=_moment)


def _moment(event: MidiEvent | Released) -> float:
    return event.at if isinstance(event, Released) else event.due


def _ends(event: MidiEvent, note: Note) -> bool:
    """Whether a message ends a note that sounds; struck again, it ends too."""
    kind, channel = event.message[0] & 0xF0, (event.message[0] & 0x0F) + 1
    if channel != note.channel or kind not in (NOTE_OFF, NOTE_ON, CONTROL):
        return False
    if kind == CONTROL:
        return event.message[1] in (ALL_SOUND_OFF, ALL_NOTES_OFF)
    return event.message[1] == note.pitch
