"""What a player that died left sounding."""

from __future__ import annotations

import pytest

from stream_v2m.core.values import ALL_PORTS, MidiEvent
from stream_v2m.midi.channel_message import control_change, note_off, note_on, program_change
from stream_v2m.midi.output import Output
from stream_v2m.midi.struck import Struck

pytestmark = pytest.mark.unit

OUTPUT = Output("port:a")


def offs(struck: Struck, now: float) -> list[tuple[int, int]]:
    return [(event.port, event.message[1]) for event in struck.release(now) if event.message[0] == 0x80]


def test_a_note_that_was_struck_and_not_reported_ended_is_released() -> None:
    struck = Struck([OUTPUT, OUTPUT])
    struck.note(MidiEvent(1.0, ALL_PORTS, note_on(1, 60, 90), release=9.0))
    struck.note(MidiEvent(1.0, 1, note_on(1, 64, 90), release=1.5))
    struck.ended(2.0)
    assert offs(struck, 2.0) == [(0, 60), (1, 60)]
    assert offs(struck, 2.1) == [(0, 60), (1, 60)], "the new process died as well"
    struck.ended(2.2)
    assert offs(struck, 2.3) == []


def test_a_note_that_was_not_due_yet_never_sounded() -> None:
    struck = Struck([OUTPUT])
    struck.note(MidiEvent(3.0, 0, note_on(1, 60, 90), release=9.0))
    assert offs(struck, 2.0) == []


def test_a_pitch_that_sounds_and_will_be_struck_again_is_released() -> None:
    struck = Struck([OUTPUT])
    struck.note(MidiEvent(1.0, 0, note_on(1, 60, 90), release=2.5))
    struck.note(MidiEvent(3.0, 0, note_on(1, 60, 90), release=4.0))
    assert offs(struck, 2.0) == [(0, 60)]


def test_a_panic_that_the_process_lived_to_obey_leaves_nothing() -> None:
    struck = Struck([OUTPUT])
    struck.note(MidiEvent(1.0, 0, note_on(1, 60, 90), release=9.0))
    struck.panic(2.0)
    struck.ended(2.1)
    assert offs(struck, 3.0) == []


def test_a_new_process_is_told_note_offs_then_resets_then_the_programs() -> None:
    struck = Struck([OUTPUT])
    struck.note(MidiEvent(0.0, 0, program_change(3, 33)))
    struck.note(MidiEvent(1.0, 0, note_on(3, 60, 90), release=9.0))
    messages = [event.message for event in struck.release(2.0)]
    assert messages[0] == note_off(3, 60)
    assert control_change(3, 121, 0) in messages
    assert messages[-1] == program_change(3, 33)


def test_a_clock_that_ran_is_stopped_where_it_was_sent_and_one_that_was_stopped_is_not() -> None:
    struck = Struck([OUTPUT, Output("port:b", clock=True), Output("port:c", clock=True)])
    struck.note(MidiEvent(1.0, ALL_PORTS, b"\xfa"))
    struck.note(MidiEvent(1.0, ALL_PORTS, b"\xf8"))
    struck.note(MidiEvent(2.0, 2, b"\xfc"))
    assert [(event.port, event.message) for event in struck.release(3.0)] == [(1, b"\xfc")]
    struck.note(MidiEvent(3.0, ALL_PORTS, b"\xfc"))
    assert struck.release(4.0) == []


def test_an_outputs_offset_moves_what_may_sound_and_not_when_it_is_released() -> None:
    struck = Struck([Output("port:a", offset=0.2), Output("port:b", offset=-0.2)])
    struck.note(MidiEvent(1.0, ALL_PORTS, note_on(1, 60, 90), release=9.0))
    ends = [event for event in struck.release(1.1) if event.message[0] == 0x80]
    assert ends == [MidiEvent(pytest.approx(1.3), 1, note_off(1, 60))]
