"""MIDI clock received: the tempo follows through jitter, sweeps, leaps, losses and doubles; the bar is the master's."""

import math
import statistics
from itertools import pairwise

import pytest

from stream_v2m.core.tempo import GLIDE, InternalTempo
from stream_v2m.midi.clock_in import ClockFollower, FollowConfig, Transport
from tests.support.pulses import PULSES, Sweep, jittered, steady

pytestmark = pytest.mark.unit

PULSE, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def position(sixteenths):
    return bytes((0xF2, sixteenths & 0x7F, sixteenths >> 7))


class Following:
    """A tempo that follows what is received, and how far it was off its master at every pulse."""

    def __init__(self, bpm=120.0, *, beats_per_bar=4, **config):
        self.tempo = InternalTempo(bpm)
        self.follower = ClockFollower(self.tempo, FollowConfig(**config), beats_per_bar=beats_per_bar)
        self.transports = []

    def receive(self, moment, message):
        given = self.follower.receive(moment, message)
        if given is not None:
            self.transports.append((given, moment))
        return given

    def pulses(self, arrivals):
        for moment in arrivals:
            self.receive(moment, PULSE)
        return self

    def off(self, due, arrivals, *, grid=1 / PULSES):
        """How far we are from the master at each pulse, in beats; its beat 0 counts as the nearest of our ``grid``."""
        errors, first = [], None
        for number, (moment, arrival) in enumerate(zip(due, arrivals, strict=True)):
            self.receive(arrival, PULSE)
            at = max(moment, arrival)
            beat = self.tempo.beat_at(at) - (at - moment) * self.tempo.bpm / 60
            if first is None:
                first = round(beat / grid) * grid
            errors.append(beat - first - number / PULSES)
        return errors


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("first", "last"), [(90.0, 140.0), (140.0, 90.0)])
def test_a_clock_swept_by_fifty_beats_a_minute_in_twenty_seconds_is_followed_within_a_fiftieth_of_a_beat(
    first, last, seed
):
    due = Sweep(first, last, begin=5.0).pulses(until=30.0)
    following = Following(first)
    following.receive(due[0] - 0.003, START)
    off = following.off(due, jittered(due, seed=seed), grid=4)
    assert max(map(abs, off[PULSES:])) < 0.02
    assert following.tempo.bpm == pytest.approx(last, abs=0.3)


@pytest.mark.parametrize("bpm", [40.0, 123.4, 174.0, 240.0])
def test_an_even_clock_is_followed_evenly_through_jitter(bpm):
    due = steady(bpm, 40.0)
    following = Following(120.0)
    off = following.off(due, jittered(due))
    settled = off[len(off) // 4 :]
    assert max(settled) - min(settled) < 0.005 * bpm / 60 + 0.002  # beats: 5 ms from one extreme to the other
    assert statistics.pstdev(settled) * 60 / bpm < 0.001
    pieces = [piece for piece in following.tempo.segments(10.0, 40.0) if piece.moment < due[-1]]
    assert all(abs(piece.bpm / bpm - 1) < 0.01 for piece in pieces)
    assert len(pieces) <= 2 * 30 * bpm / 60  # a glide and a rest a beat at the very most


@pytest.mark.parametrize("bpm", [70.0, 120.0, 170.0])
def test_it_locks_within_about_a_beat(bpm):
    due = steady(bpm, 20.0)
    following = Following(120.0)
    following.receive(due[0], START)
    off = following.off(due, jittered(due), grid=4)
    assert max(map(abs, off[round(1.5 * PULSES) :])) < 0.03
    assert following.follower.status == f"following {following.tempo.bpm:.1f} bpm"
    assert following.tempo.bpm == pytest.approx(bpm, rel=0.002)


@pytest.mark.parametrize(("before", "after"), [(90.0, 140.0), (140.0, 90.0), (60.0, 140.0)])
def test_a_leap_of_the_tempo_is_caught_up_within_two_beats_and_no_pulse_is_miscounted(before, after):
    due = steady(before, 10.0)
    due += steady(after, 20.0, begin=due[-1] + 60 / after / PULSES)
    following = Following(before)
    off = following.off(due, jittered(due))
    leap = round(10.0 * before / 60 * PULSES)
    assert max(map(abs, off)) < 0.5
    assert max(map(abs, off[leap + 3 * PULSES :])) < 0.03


@pytest.mark.parametrize("seed", range(2))
def test_beats_never_go_back_and_the_tempo_never_bends_too_far(seed):
    due = Sweep(90, 140, begin=2.0).pulses(until=25.0)
    following, beats = Following(90), []
    for arrival in jittered(due, seed=seed):
        following.receive(arrival, PULSE)
        beats.append(following.tempo.beat_at(arrival))
        ahead = [following.tempo.beat_at(arrival + step / 10) for step in range(10)]
        assert all(later > earlier for earlier, later in pairwise(ahead))
    assert all(later >= earlier for earlier, later in pairwise(beats))
    for piece in following.tempo.segments(2.0, 25.0):
        assert 90 * (1 - GLIDE) * 0.99 <= piece.bpm <= 140 * (1 + GLIDE) * 1.01


def test_a_clock_that_is_silent_for_two_seconds_is_held_and_then_followed_again():
    due = Sweep(100, 100).pulses(until=30.0)
    heard = [moment for moment in due if not 10.0 < moment < 12.0]
    following, first = Following(100), due[0]
    following.receive(first, START)
    arrivals = jittered(heard)
    before = [moment for moment in arrivals if moment < 11.0]
    following.pulses(before)
    assert following.follower.status.startswith("following 100.")
    following.follower.tend(before[-1] + 1.2)
    assert following.follower.status == f"held at {following.tempo.bpm:.1f} bpm: no clock for 1.2 s"
    assert following.tempo.beat_at(11.9) % 4 == pytest.approx(11.9 * 100 / 60 % 4, abs=0.02)
    following.pulses(arrivals[len(before) :])
    assert following.follower.status.startswith("following")
    assert following.tempo.beat_at(29.9) % 4 == pytest.approx(29.9 * 100 / 60 % 4, abs=0.01)
    assert following.tempo.bpm == pytest.approx(100, abs=0.2)


def test_a_clock_that_comes_back_at_another_tempo_is_followed_to_its_nearest_pulse():
    following = Following(100).pulses(jittered(steady(100, 10.0)))
    due = steady(130, 15.0, begin=13.0)
    off = following.off(due, jittered(due))
    assert max(map(abs, off[2 * PULSES :])) < 0.03
    assert following.tempo.bpm == pytest.approx(130, abs=0.3)


def test_pulses_that_come_twice_count_once():
    due = steady(120, 20.0)
    twice = sorted([*due, *(moment + 0.0008 for moment in due)])
    following = Following(120).pulses(twice)
    assert following.tempo.bpm == pytest.approx(120, abs=0.5)
    assert following.tempo.beat_at(19.9) == pytest.approx(39.8, abs=0.02)


@pytest.mark.parametrize("lost", [1, 3, 7])
def test_pulses_that_were_lost_do_not_move_the_beat(lost):
    due = steady(120, 20.0)
    heard = jittered(due[:300] + due[300 + lost :])
    following = Following(120).pulses(heard)
    assert following.tempo.beat_at(19.9) == pytest.approx(39.8, abs=0.02)


def test_a_burst_of_pulses_that_were_held_up_is_counted_whole():
    due = steady(120, 20.0)
    held = [moment if not 5.0 < moment < 5.2 else 5.2 + number * 1e-4 for number, moment in enumerate(due)]
    following = Following(120).pulses(sorted(held))
    assert following.tempo.beat_at(19.9) == pytest.approx(39.8, abs=0.02)
    assert following.tempo.bpm == pytest.approx(120, abs=0.5)


def test_pulses_that_were_held_up_at_the_very_start_are_counted_whole():
    due = steady(90, 10.0)
    following = Following(120)
    following.receive(0.0, START)
    off = following.off(due, [max(moment, 0.23 + number * 1e-6) for number, moment in enumerate(due)], grid=4)
    assert max(map(abs, off[4 * PULSES :])) < 0.01


def test_start_puts_the_first_pulse_after_it_on_our_next_bar_line():
    following = Following(120.0)  # our beat is 9.0 at second 4.5: a bar line comes at beat 12
    assert following.receive(4.4, START) is None
    assert following.receive(4.5, PULSE) is Transport.START
    assert following.tempo.beat_at(4.5) == 12.0
    following.pulses(moment for moment in steady(120, 5.0, begin=4.5) if moment > 4.5)
    assert following.tempo.beat_at(8.5) == pytest.approx(20.0, abs=0.01)
    assert following.transports == [(Transport.START, 4.5)]
    assert (following.follower.running, following.follower.joined) == (True, 12.0)


def test_a_master_that_is_at_our_bar_line_already_makes_us_leap_no_bar():
    following = Following(120.0)
    following.receive(3.999, START)
    following.receive(4.0, PULSE)
    assert following.tempo.beat_at(4.0) == pytest.approx(8.0)


@pytest.mark.parametrize(("sixteenths", "bar"), [(0, 4), (6, 4), (1000, 3), (16383, 7)])
def test_continue_takes_the_place_in_the_bar_from_the_song_position(sixteenths, bar):
    following = Following(120.0, beats_per_bar=bar)
    assert following.receive(4.0, position(sixteenths)) is Transport.POSITION
    following.receive(5.05, CONTINUE)
    assert following.receive(5.1, PULSE) is Transport.CONTINUE
    beat = following.tempo.beat_at(5.1)
    assert math.remainder(beat - sixteenths / 4, bar) == pytest.approx(0.0, abs=1e-9)
    assert 10.2 <= beat < 10.2 + bar


def test_continue_after_stop_goes_on_where_the_master_stopped():
    due = steady(120, 10.25)
    following = Following(120.0)
    following.receive(0.0, START)
    following.pulses(due)  # ten seconds and a quarter: beat 20.5 is next
    assert following.receive(10.25, STOP) is Transport.STOP
    assert not following.follower.running
    following.follower.tend(13.0)
    following.receive(13.03, CONTINUE)
    following.receive(13.04, PULSE)
    assert math.remainder(following.tempo.beat_at(13.04) - 20.5, 4) == pytest.approx(0.0, abs=1e-6)


def test_song_positions_are_passed_over_if_so_configured():
    following = Following(120.0, song_position=False)
    assert following.receive(4.0, position(6)) is None
    following.receive(5.05, CONTINUE)
    assert following.receive(5.1, PULSE) is Transport.CONTINUE
    assert following.tempo.beat_at(5.1) == pytest.approx(10.2, abs=0.03)


def test_who_joins_late_follows_the_nearest_pulse_without_a_leap():
    following = Following(120.0)
    off = following.off(due := steady(120, 10.0, begin=3.013), jittered(due))
    assert following.transports == []
    assert max(map(abs, off)) < 0.03
    phase = following.tempo.beat_at(due[-1]) * PULSES
    assert phase - round(phase) == pytest.approx(0.0, abs=0.1)


def test_pulses_that_begin_anew_with_start_are_taken_anew():
    following = Following(120.0).pulses(steady(120, 5.0))
    following.receive(5.001, START)
    due = steady(120, 5.0, begin=5.009)
    off = following.off(due, due)
    assert max(map(abs, off)) < 0.02


def test_a_pulse_that_is_taken_late_joins_at_its_own_moment_all_the_same():
    following = Following(120.0)
    following.pulses(steady(121, 4.4))
    following.receive(4.41, START)
    following.follower.tend(4.6)
    assert following.receive(4.5, PULSE) is Transport.START
    assert following.follower.joined == 12.0
    assert following.tempo.beat_at(5.0) == pytest.approx(13.0, abs=0.02)


def test_an_offset_moves_our_beats_away_from_the_pulses():
    following = Following(120.0, offset_ms=20.0)
    following.receive(0.0, START)
    following.pulses(steady(120, 10.0))
    assert following.tempo.beat_at(9.52) % 4 == pytest.approx(3.0, abs=0.003)


def test_without_a_clock_it_waits_and_leaves_the_tempo_alone():
    following = Following(97.0)
    following.follower.tend(10.0)
    following.receive(10.0, b"\x90\x3c\x40")
    following.receive(10.1, b"\xfe")
    assert following.follower.status == "waiting for a clock"
    assert following.tempo.segments(0.0, 99.0) == []
