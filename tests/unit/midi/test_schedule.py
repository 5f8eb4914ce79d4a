"""What is to be sent when."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream_v2m.midi.channel_message import (
    control_change,
    is_message,
    is_note_on,
    note_of,
    note_off,
    note_on,
    program_change,
)
from stream_v2m.midi.ledger import Release
from stream_v2m.midi.schedule import Schedule

pytestmark = pytest.mark.unit

ON, OFF = note_on(1, 60, 90), note_off(1, 60)
PULSE, START, CONTINUE, STOP, POSITION = b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xf2\x04\x00"


def messages(released: list[Release]) -> list[bytes]:
    return [release.message for release in released]


def test_events_leave_at_their_time_in_order_whatever_order_they_came_in() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(2.0, 0, note_on(1, 64, 90), 2.5)
    schedule.add(1.0, 0, ON, 1.5)
    assert schedule.next_due() == 1.0
    assert schedule.take(0.999) == []
    assert messages(schedule.take(1.0)) == [ON]
    assert schedule.next_due() == 1.5
    assert schedule.take(1.6) == [Release(1.5, 0, OFF)]
    assert schedule.next_due() == 2.0


def test_a_note_that_ends_where_the_next_of_its_pitch_begins_ends_first() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(1.0, 0, ON, 1.1)
    schedule.add(1.1, 0, ON, 1.2)
    assert messages(schedule.take(1.0)) == [ON]
    assert messages(schedule.take(1.1)) == [OFF, ON]


def test_after_a_stall_the_order_of_time_is_kept() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(1.00, 0, ON, 1.05)
    schedule.take(1.0)
    schedule.add(1.02, 0, note_on(1, 64, 90), 2.0)
    schedule.add(1.07, 0, note_on(1, 67, 90), 2.0)
    assert [release.due for release in schedule.take(1.1)] == [1.02, 1.05, 1.07]


def test_a_note_that_is_too_late_or_already_over_is_dropped_and_counted_but_a_program_never_is() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(1.0, 0, program_change(1, 5), None)
    schedule.add(1.0, 0, ON, 9.0)
    schedule.add(1.2, 0, note_on(1, 64, 90), 1.25)
    schedule.add(1.2, 0, note_on(1, 67, 90), 9.0)
    assert messages(schedule.take(1.3)) == [program_change(1, 5), note_on(1, 67, 90)]
    assert schedule.dropped == 2
    assert schedule.sounding == 1


def test_panic_ends_what_sounds_also_under_the_pedal_and_forgets_queued_notes_only() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(0.0, 0, ON, 9.0)
    schedule.add(1.0, 0, note_on(1, 64, 90), 9.0)
    schedule.add(1.0, 0, program_change(1, 5), None)
    schedule.take(0.0)
    assert messages(schedule.silence(0.5)) == [OFF, control_change(1, 64, 0), control_change(1, 123, 0)]
    assert messages(schedule.take(1.0)) == [program_change(1, 5)]
    assert OFF not in messages(schedule.silence(1.0))


def test_a_muted_schedule_plays_no_note_but_ends_those_that_sound() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(0.0, 0, ON, 0.2)
    schedule.take(0.0)
    schedule.muted = True
    schedule.add(0.1, 0, note_on(1, 64, 90), 9.0)
    assert messages(schedule.take(0.3)) == [OFF]


def test_a_port_that_comes_back_is_told_its_programs_and_controllers_as_they_were_last() -> None:
    schedule = Schedule(2, stale=0.25)
    for message in (program_change(1, 5), control_change(1, 7, 80), control_change(1, 7, 90), program_change(1, 6)):
        schedule.add(0.0, 1, message, None)
    schedule.take(0.0)
    restored = messages(schedule.restore(1, 1.0))
    assert restored[-2:] == [control_change(1, 7, 90), program_change(1, 6)]
    assert control_change(1, 123, 0) in restored
    assert schedule.restore(0, 1.0) == []


def test_an_explicit_note_off_ends_the_note_for_the_ledger_too() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(0.0, 0, ON, 9.0)
    schedule.add(0.1, 0, note_on(1, 60, 1)[:2] + b"\0", None)
    assert messages(schedule.take(0.1)) == [ON, b"\x90\x3c\x00"]
    assert schedule.sounding == 0
    assert schedule.finish(1.0)[0].message == control_change(1, 64, 0)


def test_a_clock_that_runs_is_stopped_at_the_end_and_when_nobody_leads_but_not_by_a_panic() -> None:
    schedule = Schedule(2, stale=0.25)
    schedule.add(0.0, 0, START, None)
    schedule.add(0.1, 0, PULSE, None)
    schedule.take(0.2)
    assert schedule.silence(0.3) == []
    assert schedule.halt(0.4) == [Release(0.4, 0, STOP)]
    assert schedule.finish(0.5) == []
    schedule.add(1.0, 1, CONTINUE, None)
    schedule.take(1.0)
    assert schedule.finish(2.0) == [Release(2.0, 1, STOP)]


def test_pulses_far_too_late_stop_the_clock_and_are_counted_as_a_slip() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(0.0, 0, START, None)
    for number in range(10):
        schedule.add(number / 10, 0, PULSE, None)
    assert messages(schedule.take(0.1)) == [START, PULSE, PULSE]
    assert messages(schedule.take(0.5)) == [STOP, PULSE, PULSE, PULSE]
    assert schedule.slips == 1


def test_nothing_is_named_for_a_port_that_is_lost_and_when_it_is_back_it_is_told_what_ended_meanwhile() -> None:
    schedule = Schedule(2, stale=0.25)
    schedule.add(0.0, 0, ON, 0.5)
    schedule.add(0.0, 0, START, None)
    schedule.add(0.0, 1, note_on(1, 64, 90), 9.0)
    schedule.take(0.0)
    schedule.lose(0)
    assert (schedule.dropped, schedule.sounding) == (1, 1)
    schedule.add(1.0, 0, PULSE, None)
    schedule.add(1.0, 0, note_on(1, 67, 90), 9.0)
    schedule.add(1.0, 0, program_change(1, 5), None)
    schedule.add(1.0, 0, note_off(1, 72), None)
    assert schedule.take(1.0) == []
    assert {port for _, port, _ in schedule.silence(2.0)} == {1}
    told = messages(schedule.restore(0, 3.0))
    assert told[:3] == [OFF, note_off(1, 72), STOP]
    assert told[-1] == program_change(1, 5)
    assert OFF not in messages(schedule.restore(0, 3.0)), "told once"


def test_an_end_that_was_sent_after_the_port_was_last_seen_is_told_again_when_it_is_back() -> None:
    schedule = Schedule(1, stale=0.25)
    schedule.add(0.0, 0, note_on(1, 59, 90), 0.1)
    schedule.add(0.0, 0, ON, 0.3)
    schedule.take(0.0)
    schedule.take(0.2)
    schedule.confirm()
    schedule.take(0.4)
    schedule.lose(0)
    told = messages(schedule.restore(0, 1.0))
    assert OFF in told
    assert note_off(1, 59) not in told


queued = st.tuples(st.floats(0, 5), st.integers(0, 1), st.integers(1, 2), st.integers(60, 62), st.floats(0.01, 2))


@given(st.lists(queued, max_size=40), st.lists(st.floats(0, 8), max_size=20))
def test_at_any_moments_of_waking_no_note_is_left_and_none_is_ended_twice(
    events: list[tuple[float, int, int, int, float]], wakes: list[float]
) -> None:
    schedule = Schedule(2, stale=0.25)
    for due, port, channel, pitch, length in events:
        schedule.add(due, port, note_on(channel, pitch, 90), due + length)
    sent = [release for wake in sorted(wakes) for release in schedule.take(wake)] + schedule.finish(9.0)
    sounding: set[tuple[int, tuple[int, int]]] = set()
    for _, port, message in sent:
        note = note_of(message)
        if note is None:
            continue
        assert ((port, note) in sounding) != is_note_on(message)
        (sounding.add if is_note_on(message) else sounding.remove)((port, note))
    assert not sounding


class Receiver:
    """What stands behind one port: it counts what sounds and runs, and objects to what makes no sense."""

    def __init__(self) -> None:
        self.notes: set[tuple[int, int]] = set()
        self.there, self.runs = True, False

    def hear(self, message: bytes, *, amends: bool) -> None:
        assert is_message(message)
        if not self.there:  # unplugged, and nobody has seen it yet
            return
        note = note_of(message)
        if note is not None and is_note_on(message):
            assert note not in self.notes
            self.notes.add(note)
        elif note is not None:
            assert amends or note in self.notes, "ended twice"
            self.notes.discard(note)
        if message in (START, CONTINUE, STOP):
            self.runs = message != STOP


pitches, ports, times = st.integers(60, 62), st.integers(0, 1), st.floats(0, 0.6)
notes = st.builds(lambda pitch, channel: note_on(channel, pitch, 90), pitches, st.integers(1, 2))
others = st.sampled_from([PULSE, PULSE, PULSE, START, CONTINUE, STOP, POSITION, program_change(1, 5)])
moves = st.one_of(
    st.tuples(st.just("note"), ports, notes, times, st.floats(0.01, 2)),
    st.tuples(st.just("other"), ports, others, times),
    st.tuples(st.sampled_from(["unplug", "replug"]), ports),
    st.tuples(st.sampled_from(["look", "silence", "halt", "mute", "unmute"])),
)
CASES = {
    "its stop is not heard": [("other", 0, START, 0.0), ("unplug", 0), ("other", 0, STOP, 0.0), ("replug", 0)],
    "its end is not heard": [("note", 0, ON, 0.0, 0.15), ("unplug", 0), ("unplug", 0), ("replug", 0)],
    "start while muted": [("other", 0, START, 0.15), ("mute",), ("look",), ("look",)],
    "running at the end": [("other", 0, START, 0.0), ("look",)],
}


@given(st.lists(st.tuples(moves, st.floats(0, 0.15), st.sampled_from([True, True, True, False])), max_size=60))
@example([(move, 0.1, True) for move in CASES["its stop is not heard"]])
@example([(move, 0.1, True) for move in CASES["its end is not heard"]])
@example([(move, 0.1, True) for move in CASES["start while muted"]])
@example([(move, 0.1, True) for move in CASES["running at the end"]])
def test_whatever_happens_in_whatever_order_each_note_ends_once_and_each_clock_that_ran_is_stopped(
    steps: list[tuple[tuple, float, bool]],
) -> None:
    schedule, receivers, now = Schedule(2, stale=0.25), [Receiver(), Receiver()], 0.0

    def send(released: list[Release], *, amends: bool = False) -> None:
        for _, port, message in released:
            receivers[port].hear(message, amends=amends)

    def look() -> None:
        for port, receiver in enumerate(receivers):
            if not receiver.there:
                schedule.lose(port)
        schedule.confirm()

    for (kind, *rest), pause, awake in steps:
        now += pause
        if awake:
            send(schedule.take(now))
            assert sum(len(each.notes) for each in receivers if each.there) <= schedule.sounding
        match kind, rest:
            case "note", (port, message, later, length):
                schedule.add(now + later, port, message, now + later + length)
            case "other", (port, message, later):
                schedule.add(now + later, port, message, None)
            case "unplug", (port,):
                receivers[port].there = False
            case "look", _:
                look()
            case "replug", (port,) if not receivers[port].there:
                look()
                receivers[port].there = True
                send(schedule.restore(port, now), amends=True)
                assert not receivers[port].notes and not receivers[port].runs
            case "silence" | "halt", _:
                send(getattr(schedule, kind)(now))
                assert not any(each.notes for each in receivers if each.there)
                assert kind == "silence" or not any(each.runs for each in receivers if each.there)
            case "mute" | "unmute", _:
                schedule.muted = kind == "mute"
                send(schedule.halt(now) if schedule.muted else [])
        assert not (schedule.muted and any(each.runs for each in receivers if each.there))
    look()
    for port, receiver in enumerate(receivers):
        if not receiver.there:
            receiver.there = True
            send(schedule.restore(port, now), amends=True)
            assert not receiver.notes and not receiver.runs
    send(schedule.finish(now))
    assert not any(each.notes or each.runs for each in receivers)
