"""MIDI clock sent: pulses by the tempo, once each and in order; Start, Stop, Continue and song position in place."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_v2m.core.tempo import InternalTempo
from stream_v2m.midi.channel_message import CONTINUE, SONG_POSITION, START, STOP, TIMING_CLOCK
from stream_v2m.midi.clock_out import HEADSTART, PULSES, SETTLE, ClockConfig, ClockOut

pytestmark = pytest.mark.unit

SLICE, LOOKAHEAD = 0.01, 0.05


class Sending:
    """A clock and its tempo, asked for slices as a performance asks."""

    def __init__(self, bpm=120.0, *, beats_per_bar=4, **config):
        self.tempo = InternalTempo(bpm)
        self.clock = ClockOut(ClockConfig(**config), beats_per_bar=beats_per_bar)
        self.now, self.events = 0.0, []

    def until(self, moment):
        while self.now < moment - 1e-9:
            self.now = min(moment, self.now + SLICE)
            self.events += self.clock.events(self.now + LOOKAHEAD, self.tempo)
        return self

    @property
    def pulses(self):
        return [event.due for event in self.events if event.message[0] == TIMING_CLOCK]

    @property
    def told(self):
        """What is no pulse: when, and the message."""
        return [(event.due, tuple(event.message)) for event in self.events if event.message[0] != TIMING_CLOCK]


def test_two_minutes_have_every_pulse_at_its_moment():
    sending = Sending(123.4).until(120.0)
    assert sending.pulses == pytest.approx([n * 60 / 123.4 / PULSES for n in range(len(sending.pulses))], abs=1e-9)
    assert len(sending.pulses) == int((120 + LOOKAHEAD) * 123.4 * PULSES / 60) + 1


acts = st.lists(
    st.tuples(
        st.sampled_from((0.02, 0.3, 1.1)),
        st.one_of(
            st.tuples(st.just("change"), st.floats(20, 300)),
            st.tuples(st.just("nudge"), st.floats(-1, 1)),
            st.tuples(st.sampled_from(("start", "stop", "resume", "realign")), st.none()),
        ),
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=80, deadline=None)
@given(acts, st.booleans())
def test_no_pulse_is_skipped_doubled_or_out_of_order_whatever_happens(script, song_position):
    sending = Sending(song_position=song_position)
    for wait, (act, value) in script:
        sending.until(sending.now + wait)
        if value is not None:
            getattr(sending.tempo, act)(value, sending.now)
        elif act in ("start", "resume"):
            getattr(sending.clock, act)(sending.tempo.beat_at(sending.now))
        else:
            getattr(sending.clock, act)(sending.now)
    sending.until(sending.now + 3.0)
    assert all(later > earlier for earlier, later in pairwise(sending.pulses))
    beats = sending.tempo.beat_at(sending.now + LOOKAHEAD)
    assert len(sending.pulses) == pytest.approx(beats * PULSES, abs=1.01)
    running = False
    for _, message in sending.told:  # no receiver is started twice or stopped twice, and none is moved while it runs
        if message[0] in (START, CONTINUE):
            assert not running or message[0] == START
            running = True
        elif message[0] == STOP:
            assert running
            running = False
        else:
            assert not running


def test_a_change_of_tempo_moves_what_was_not_handed_over_and_catches_up_without_a_burst():
    sending = Sending(60).until(1.0)
    sending.tempo.change(240, at=1.0)
    sending.until(3.0)
    gaps = [later - earlier for earlier, later in pairwise(sending.pulses)]
    assert min(gaps) >= 60 / 240 / PULSES / 2 - 1e-9
    late = [due - sending.tempo.time_at(number / PULSES) for number, due in enumerate(sending.pulses)]
    assert max(map(abs, late[:24])) < 1e-9
    assert max(map(abs, late[-100:])) < 1e-9


def test_start_comes_directly_before_the_pulse_of_its_bar_line():
    sending = Sending(120)
    sending.clock.start(4.0)
    sending.until(4.0)
    assert sending.told == [(pytest.approx(2.0 - HEADSTART), (START,))]
    following = sending.events[sending.events.index(next(e for e in sending.events if e.message[0] == START)) + 1]
    assert (following.due, following.message[0]) == (pytest.approx(2.0), TIMING_CLOCK)


def test_a_start_that_is_asked_for_too_late_waits_for_the_next_bar_line():
    sending = Sending(120, beats_per_bar=3).until(1.5)
    sending.clock.start(3.0)  # its pulse is on its way
    assert sending.until(4.0).told == [(pytest.approx(3.0 - HEADSTART), (START,))]


def test_continue_follows_its_song_position_on_a_sixteenth():
    sending = Sending(120)
    sending.clock.start(0.0)
    sending.until(10.0)
    sending.clock.stop(10.0)
    sending.until(12.0)
    sending.clock.resume(25.1)  # beats since the start: sixteenth 101
    sending.until(14.0)
    assert [message for _, message in sending.told] == [(START,), (STOP,), (SONG_POSITION, 101, 0), (CONTINUE,)]
    stopped, told, resumed = (due for due, _ in sending.told[1:])
    assert (stopped, resumed) == (10.0, pytest.approx(25.25 / 2 - HEADSTART))
    assert stopped < told <= resumed - SETTLE


def test_a_song_position_is_counted_from_the_bar_of_the_start_and_takes_two_bytes():
    sending = Sending(240, beats_per_bar=4)
    sending.clock.start(8.0)
    sending.until(100.0)
    sending.clock.stop(100.0)
    sending.clock.resume(408.0)
    sending.until(103.0)
    assert sending.told[2][1] == (SONG_POSITION, 1600 & 0x7F, 1600 >> 7)


def test_a_song_that_is_longer_than_positions_can_tell_keeps_its_place_in_the_bar():
    tempo, clock = InternalTempo(300), ClockOut(ClockConfig(), beats_per_bar=3)
    clock.start(0.0)
    clock.events(1.0, tempo)
    far = 4101.25  # beats; sixteenth 16405 of at most 16383
    clock.events(tempo.time_at(far) - 1, tempo)
    clock.stop(tempo.time_at(far) - 1)
    clock.resume(far)
    told = [e.message for e in clock.events(tempo.time_at(far) + 1, tempo) if e.message[0] == SONG_POSITION]
    assert (told[0][1] + 128 * told[0][2]) % 12 == 16405 % 12


def test_receivers_that_lost_pulses_are_stopped_and_continued_at_the_next_sixteenth():
    sending = Sending(120)
    sending.clock.start(0.0)
    sending.until(5.0)
    sending.clock.realign(5.0)
    sending.until(6.0)
    (stopped, stop), (told, position), (resumed, go) = sending.told[1:]
    assert (stop, position[0], go) == ((STOP,), SONG_POSITION, (CONTINUE,))
    assert 5.0 == stopped <= told < resumed
    beat = sending.tempo.beat_at(resumed + HEADSTART)
    assert beat * 4 == pytest.approx(position[1] + 128 * position[2])
    assert resumed < 5.0 + LOOKAHEAD + SETTLE + 0.125


def test_without_song_position_receivers_are_started_anew_at_the_next_bar():
    sending = Sending(120, song_position=False)
    sending.clock.start(0.0)
    sending.until(5.0)
    sending.clock.realign(5.0)
    assert sending.until(8.0).told[1:] == [(5.0, (STOP,)), (pytest.approx(6.0 - HEADSTART), (START,))]


def test_pulses_rest_with_the_music_if_so_configured():
    sending = Sending(120, always=False)
    sending.until(1.0)
    assert sending.events == []
    sending.clock.start(4.0)
    sending.until(4.0)
    sending.clock.stop(4.0)
    sending.until(6.0)
    assert sending.pulses[0] == pytest.approx(2.0)
    assert 3.9 < sending.pulses[-1] < 4.0 + LOOKAHEAD
    assert sending.told[-1] == (4.0, (STOP,))


def test_a_stop_overtakes_no_start_that_is_on_its_way():
    sending = Sending(120)
    sending.clock.start(4.0)
    sending.until(1.98)
    sending.clock.stop(1.98)
    sending.until(3.0)
    assert [message for _, message in sending.told] == [(START,), (STOP,)]
    assert sending.told[0][0] <= sending.told[1][0]
    assert not sending.clock.running


def test_a_leap_of_the_tempo_brings_no_burst_of_pulses_and_the_bar_line_leapt_to_takes_a_start():
    sending = Sending(120).until(1.2)
    sending.tempo.locate(4.0, at=1.2)
    sending.clock.start(4.0)
    sending.until(4.0)
    gaps = [later - earlier for earlier, later in pairwise(sending.pulses)]
    assert min(gaps) >= 60 / 120 / PULSES / 2 - 1e-9
    started = sending.told[0][0] + HEADSTART
    assert 1.2 <= started <= 1.2 + LOOKAHEAD
    after = [due for due in sending.pulses if due >= started - 1e-9]
    exact = [sending.tempo.time_at(4.0 + number / PULSES) for number in range(len(after))]
    assert after[8:] == pytest.approx(exact[8:], abs=1e-9)


def test_the_first_pulse_is_the_first_after_the_beginning():
    tempo = InternalTempo(120)
    tempo.start(3.0)
    clock = ClockOut(ClockConfig(), beats_per_bar=4)
    clock.begin(2.51)
    dues = [event.due for event in clock.events(2.6, tempo)]
    assert dues == pytest.approx([3 - 23 / 48, 3 - 22 / 48, 3 - 21 / 48, 3 - 20 / 48])
