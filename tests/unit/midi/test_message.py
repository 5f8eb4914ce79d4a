"""Music as MIDI messages."""

from __future__ import annotations

import pytest

from stream_v2m.core.values import ALL_PORTS, ControlEvent, MidiEvent, NoteEvent, ProgramEvent
from stream_v2m.midi.channel_message import is_message, note_of, resets
from stream_v2m.midi.message import encode

pytestmark = pytest.mark.unit


def test_a_note_becomes_a_note_on_that_knows_its_end() -> None:
    note = NoteEvent(1.5, 0.25, 60, 100, "bass")
    assert encode(note, channel=2) == MidiEvent(1.5, ALL_PORTS, b"\x91\x3c\x64", release=1.75)


def test_controllers_and_programs_have_no_end() -> None:
    assert encode(ControlEvent(1.0, 74, 99, "pad"), channel=16, port=1) == MidiEvent(1.0, 1, b"\xbf\x4a\x63")
    assert encode(ProgramEvent(0.0, 48, "pad"), channel=1) == MidiEvent(0.0, ALL_PORTS, b"\xc0\x30")


def test_there_is_no_channel_0_and_none_above_16() -> None:
    for channel in (0, 17):
        with pytest.raises(AssertionError):
            encode(ProgramEvent(0.0, 1, "pad"), channel=channel)


def test_a_reset_lifts_the_pedal_before_it_ends_the_notes() -> None:
    assert resets(1) == (b"\xb0\x40\x00", b"\xb0\x7b\x00", b"\xb0\x79\x00")


@pytest.mark.parametrize("text", ["903c64", "c001", "f8", "fa", "f21020", "f07e7f0601f7", "e00040"])
def test_whole_messages_are_messages(text: str) -> None:
    assert is_message(bytes.fromhex(text))


@pytest.mark.parametrize(
    "text", ["", "3c64", "903c", "903c6400", "90bc64", "c0", "f4", "f07e7f", "f0", "f0f8f7", "f800"]
)
def test_cut_or_garbled_messages_are_none(text: str) -> None:
    assert not is_message(bytes.fromhex(text))


def test_only_note_ons_and_note_offs_are_of_a_note() -> None:
    assert note_of(b"\x92\x3c\x64") == note_of(b"\x82\x3c\x00") == (3, 60)
    assert [note_of(bytes((kind, 1, 1))) for kind in (0xA0, 0xB0, 0xC0, 0xE0, 0xF2)] == [None] * 5
