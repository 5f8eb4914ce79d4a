"""What a receiver of MIDI clock is told."""

from __future__ import annotations

import pytest

from stream_v2m.midi.channel_message import CONTINUE, SONG_POSITION, START, STOP, TIMING_CLOCK
from stream_v2m.midi.transport import Transport

pytestmark = pytest.mark.unit

PULSE, BEGIN, GO_ON, END = (bytes((status,)) for status in (TIMING_CLOCK, START, CONTINUE, STOP))
POSITION = bytes((SONG_POSITION, 4, 0))


def told(transport: Transport, *messages: bytes, stale: bool = False, muted: bool = False) -> list[bytes]:
    return [sent for message in messages for sent in transport.admit(message, stale=stale, muted=muted)]


def test_pulses_and_transport_in_time_pass_as_they_are() -> None:
    transport = Transport()
    messages = [PULSE, BEGIN, PULSE, PULSE, END, POSITION, GO_ON]
    assert told(transport, *messages) == messages
    assert transport.runs


def test_pulses_that_come_far_too_late_stop_the_receiver_once_rather_than_let_its_position_slip() -> None:
    transport = Transport()
    told(transport, BEGIN, PULSE)
    assert told(transport, PULSE, PULSE, PULSE, stale=True) == [END]
    assert transport.slips == 1
    assert told(transport, PULSE) == [PULSE]
    assert not transport.runs
    assert told(transport, END, POSITION, GO_ON, PULSE) == [END, POSITION, GO_ON, PULSE]
    assert transport.runs


def test_late_pulses_of_a_clock_that_does_not_run_are_dropped_and_no_slip() -> None:
    transport = Transport()
    assert told(transport, PULSE, stale=True) == []
    assert transport.slips == 0


def test_while_nobody_leads_nothing_starts_and_what_runs_is_stopped() -> None:
    transport = Transport()
    assert told(transport, BEGIN, GO_ON, PULSE, muted=True) == []
    told(transport, BEGIN)
    assert told(transport, PULSE, muted=True) == [END]
    assert told(transport, END, POSITION, muted=True) == [END, POSITION]
    assert transport.slips == 0


def test_it_is_halted_once() -> None:
    transport = Transport()
    told(transport, GO_ON)
    assert transport.halt() == [END]
    assert transport.halt() == []
