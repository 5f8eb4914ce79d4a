"""Notes as they sounded: silenced, cut short, or left alone."""

import pytest

from stream_v2m.core.values import MidiEvent
from stream_v2m.takes.notes import Note, notes
from stream_v2m.takes.take import Released

pytestmark = pytest.mark.unit


def on(due: float, pitch: int, until: float | None, channel: int = 1) -> MidiEvent:
    return MidiEvent(due, -1, bytes((0x8F + channel, pitch, 80)), release=until)


def spans(*sent: MidiEvent | Released) -> list[tuple[int, float, float]]:
    return [(note.pitch, note.onset, note.end) for note in notes(sent)]


def test_a_note_sounds_until_its_release_whatever_the_order_of_sending():
    assert notes([on(2.0, 64, 3.0), on(1.0, 60, 4.0, channel=10)]) == [
        Note(1.0, 4.0, 10, 60, 80),
        Note(2.0, 3.0, 1, 64, 80),
    ]


def test_silencing_everything_ends_what_sounds_and_forgets_what_would_come():
    assert spans(on(1.0, 60, 4.0), on(2.5, 62, 3.0), Released(2.0), on(2.2, 65, 2.4)) == [
        (60, 1.0, 2.0),
        (65, 2.2, 2.4),
    ]


def test_all_notes_off_ends_its_channel_alone():
    off = MidiEvent(2.0, -1, b"\xb0\x7b\x00")
    assert spans(on(1.0, 60, 4.0), on(1.0, 72, 4.0, channel=2), off) == [(60, 1.0, 2.0), (72, 1.0, 4.0)]


def test_a_pitch_struck_again_ends_and_a_note_off_ends_it():
    assert spans(on(1.0, 60, 4.0), on(2.0, 60, 3.0)) == [(60, 1.0, 2.0), (60, 2.0, 3.0)]
    assert spans(on(1.0, 60, 4.0), MidiEvent(1.5, -1, b"\x80\x3c\x40")) == [(60, 1.0, 1.5)]


def test_other_messages_are_no_notes():
    others = [MidiEvent(0.0, -1, b"\xc0\x05"), MidiEvent(0.0, -1, b"\xf8"), MidiEvent(0.5, -1, b"\xb0\x0b\x40")]
    assert spans(*others, on(0.0, 60, 1.0)) == [(60, 0.0, 1.0)]
