"""What sounds: no pitch of a channel begins while it sounds, and no second note of a part that has one voice."""

from __future__ import annotations

import math
from collections.abc import Collection

from stream_v2m.core.values import ControlEvent, MusicEvent, NoteEvent, ProgramEvent
from stream_v2m.music.expression import EXPRESSION, touched
from stream_v2m.music.harmony import fold
from stream_v2m.music.part import Part
from stream_v2m.music.style import Style

RESET_CONTROLLERS, ALL_NOTES_OFF, VOLUME, PAN, EXPRESSION_CONTROLLER, REVERB = 121, 123, 7, 10, 11, 91
BANK, BANK_LSB = 0, 32
SEPARATION = 0.002  # seconds between a note's end and the next one of its pitch
SHORTEST = 0.01  # seconds


class Sounding:
    """The notes that have been written, until they end."""

    def __init__(self) -> None:
        self._pitches: dict[tuple[int, int], float] = {}  # by channel
        self._lines: dict[str, float] = {}  # by part

    def strike(self, part: Part, onset: float, end: float, pitch: int, touch: float) -> list[NoteEvent]:
        """The note, unless its pitch, or the only voice, still sounds."""
        pitch = fold(pitch, 0, 127)
        key = part.channel, pitch
        if self._pitches.get(key, -math.inf) > onset:
            return []
        if part.monophonic and self._lines.get(part.name, -math.inf) > onset:
            return []
        duration = max(SHORTEST, end - onset - SEPARATION)
        self._pitches[key] = self._lines[part.name] = onset + duration
        return [NoteEvent(onset, duration, pitch, touched(part, touch), part.name)]

    def free(self, part: Part) -> None:
        """Let the next note of a part with one voice come, whatever sounds."""
        self._lines.pop(part.name, None)

    def release(self, parts: Collection[Part], at: float) -> list[MusicEvent]:
        """Silence parts at moment ``at``: the durations of notes that were handed over are out of our hands."""
        channels = {part.channel for part in parts}
        self._pitches = {key: until for key, until in self._pitches.items() if key[0] not in channels}
        for part in parts:
            self._lines.pop(part.name, None)
        return [ControlEvent(at, ALL_NOTES_OFF, 0, part.name) for part in parts]

    def clear(self) -> None:
        """Forget what sounds; it ends by itself."""
        self._pitches.clear()
        self._lines.clear()


def patches(style: Style, at: float) -> list[MusicEvent]:
    """Banks, programs, volumes, places and reset controllers of all parts; where some share a channel the first's."""
    events: list[MusicEvent] = []
    channels: set[int] = set()
    for part in style.parts:
        if part.channel in channels:
            continue
        channels.add(part.channel)
        if part.bank is not None:
            bank, lsb = part.bank
            events += [ControlEvent(at, BANK, bank, part.name), ControlEvent(at, BANK_LSB, lsb, part.name)]
        values = {
            RESET_CONTROLLERS: 0,
            VOLUME: part.volume,
            PAN: part.pan,
            REVERB: part.reverb,
            EXPRESSION_CONTROLLER: EXPRESSION,
        }
        events.append(ProgramEvent(at, part.program, part.name))
        events += [ControlEvent(at, controller, value, part.name) for controller, value in values.items()]
    return events
