"""The ledger of sounding notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_v2m.midi.channel_message import note_off
from stream_v2m.midi.ledger import Key, Ledger, Release

pytestmark = pytest.mark.unit

C, E = Key(0, 1, 60), Key(0, 1, 64)


def test_a_note_is_released_when_its_time_has_come_and_only_once() -> None:
    ledger = Ledger()
    ledger.strike(C, at=0.0, until=1.0)
    assert ledger.overdue(0.999) == []
    assert ledger.overdue(1.0) == [Release(1.0, 0, note_off(1, 60))]
    assert ledger.overdue(2.0) == []


def test_a_pitch_that_sounds_is_ended_before_it_is_struck_again_and_keeps_the_new_end() -> None:
    ledger = Ledger()
    assert ledger.strike(C, at=0.0, until=1.0) == []
    assert ledger.strike(C, at=0.5, until=2.0) == [Release(0.5, 0, note_off(1, 60))]
    assert len(ledger) == 1
    assert ledger.overdue(1.5) == []
    assert ledger.next_due() == 2.0


def test_note_offs_leave_in_the_order_of_their_times() -> None:
    ledger = Ledger()
    ledger.strike(C, at=0.0, until=2.0)
    ledger.strike(E, at=0.0, until=1.0)
    assert [release.due for release in ledger.overdue(3.0)] == [1.0, 2.0]


def test_releasing_all_twice_releases_once() -> None:
    ledger = Ledger()
    ledger.strike(C, at=0.0, until=9.0)
    ledger.strike(E, at=0.0, until=float("inf"))
    assert {release.message for release in ledger.release_all(1.0)} == {note_off(1, 60), note_off(1, 64)}
    assert ledger.release_all(1.0) == []
    assert ledger.next_due() is None


def test_the_same_pitch_on_two_ports_or_channels_is_two_notes() -> None:
    ledger = Ledger()
    for key in (C, C._replace(port=1), C._replace(channel=2)):
        assert ledger.strike(key, at=0.0, until=1.0) == []
    assert len(ledger.overdue(1.0)) == 3


def test_the_notes_of_a_port_that_is_gone_are_written_off() -> None:
    ledger = Ledger()
    ledger.strike(C, at=0.0, until=1.0)
    ledger.strike(C._replace(port=1), at=0.0, until=1.0)
    assert ledger.forget(0) == [C]
    assert ledger.overdue(1.0) == [Release(1.0, 1, note_off(1, 60))]


notes = st.tuples(st.integers(0, 1), st.integers(1, 2), st.integers(60, 63), st.floats(0, 5), st.floats(0.01, 3))


@given(st.lists(notes, max_size=40))
def test_whatever_is_struck_each_note_on_gets_exactly_one_note_off(
    struck: list[tuple[int, int, int, float, float]],
) -> None:
    ledger, offs = Ledger(), 0
    for port, channel, pitch, at, length in sorted(struck, key=lambda note: note[3]):
        offs += len(ledger.overdue(at))
        offs += len(ledger.strike(Key(port, channel, pitch), at, at + length))
    assert offs + len(ledger.release_all(9.0)) == len(struck)
