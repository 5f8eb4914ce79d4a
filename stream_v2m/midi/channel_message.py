"""MIDI 1.0 channel messages as bytes; channels are 1–16, as people count them."""

from __future__ import annotations

NOTE_OFF, NOTE_ON, CONTROL_CHANGE, PROGRAM_CHANGE = 0x80, 0x90, 0xB0, 0xC0
TIMING_CLOCK, START, CONTINUE, STOP, SONG_POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
SUSTAIN, RESET_ALL_CONTROLLERS, ALL_NOTES_OFF = 64, 121, 123

# Data bytes after each status byte (MIDI 1.0, tables I and II); system exclusive is not among them.
_CHANNEL_DATA = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0, 0xFF: 0}


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """A note begins; velocity 1–127."""
    return bytes((_status(NOTE_ON, channel), pitch, velocity))


def note_off(channel: int, pitch: int) -> bytes:
    """A note ends."""
    return bytes((_status(NOTE_OFF, channel), pitch, 0))


def control_change(channel: int, controller: int, value: int) -> bytes:
    """A controller takes a value 0–127."""
    return bytes((_status(CONTROL_CHANGE, channel), controller, value))


def program_change(channel: int, program: int) -> bytes:
    """The channel takes the sound ``program`` 0–127."""
    return bytes((_status(PROGRAM_CHANGE, channel), program))


def silence(channel: int) -> tuple[bytes, ...]:
    """Sustain off, then all notes off: what note-offs alone leave sounding under a held pedal."""
    return control_change(channel, SUSTAIN, 0), control_change(channel, ALL_NOTES_OFF, 0)


def resets(channel: int) -> tuple[bytes, ...]:
    """Silence, and the controllers back to their defaults; volume, pan and program stay (MMA RP-015)."""
    return *silence(channel), control_change(channel, RESET_ALL_CONTROLLERS, 0)


def is_message(message: bytes) -> bool:
    """Whether ``message`` is one whole MIDI message, so that a port can send it."""
    if not message:
        return False
    status, data = message[0], message[1:]
    if status == 0xF0:
        return len(data) > 0 and data[-1] == 0xF7 and max(data[:-1], default=0) < 0x80
    expected = _CHANNEL_DATA.get(status & 0xF0, _SYSTEM_DATA.get(status, -1))
    return len(data) == expected and max(data, default=0) < 0x80


def note_of(message: bytes) -> tuple[int, int] | None:
    """Channel and pitch of a note-on or note-off; None for every other message."""
    if message[0] & 0xE0 != NOTE_OFF:  # 0x8n and 0x9n
        return None
    return (message[0] & 0x0F) + 1, message[1]


def is_note_on(message: bytes) -> bool:
    """Whether a note begins; by the standard velocity 0 ends one."""
    return message[0] & 0xF0 == NOTE_ON and message[2] > 0


def channel_of(message: bytes) -> int | None:
    """Channel 1–16; None for a system message."""
    return (message[0] & 0x0F) + 1 if message[0] < 0xF0 else None


def is_channel_message(message: bytes) -> bool:
    """Whether it is for one channel: notes, controllers, programs."""
    return message[0] < 0xF0


def is_timing(message: bytes) -> bool:
    """Whether it is a clock pulse, transport or song position."""
    return message[0] in (TIMING_CLOCK, START, CONTINUE, STOP, SONG_POSITION)


def _status(kind: int, channel: int) -> int:
    assert 1 <= channel <= 16, channel
    return kind | (channel - 1)
