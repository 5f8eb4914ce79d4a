from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_v2m.core.chords import VOCABULARY, Chord, Key
from stream_v2m.core.commands import Controls
from stream_v2m.core.scales import SCALES
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import ControlEvent, Cue, Dynamics, Event, NoteEvent, ProgramEvent, StepPlan
from stream_v2m.music.sequencer import MusicConfig, Sequencer
from tests.support.arrangement import BAND
from tests.support.music import affect, shipped

pytestmark = pytest.mark.unit

LOOKAHEAD = 0.03
STYLES = {"arpeggio": shipped(), "band": BAND.model_copy(update={"swing": 0.6})}
UNIT = st.floats(0, 1)
SIGNED = st.floats(-1, 1)

plan_values = st.tuples(
    st.floats(-3, 6),  # onset, beats from now
    st.floats(0.25, 6),  # duration
    st.integers(0, VOCABULARY - 1),
    st.floats(0, 0.6),
    st.floats(0, 40),
    st.none() | st.builds(affect, SIGNED, SIGNED),
)
controls = st.builds(
    Controls,
    seed=st.integers(0, 9),
    transpose=st.integers(-24, 24),
    scale=st.none() | st.sampled_from(sorted(SCALES)),
    muted=st.frozensets(st.sampled_from([name for style in STYLES.values() for name in style.part_names])),
    cue_strength=UNIT,
    density_trim=SIGNED,
    loudness_trim=SIGNED,
)
cue_values = st.tuples(UNIT, st.none() | st.sampled_from(Event))
wait = st.tuples(st.sampled_from((0.02, 0.1, 0.7)), st.none() | plan_values, st.none() | cue_values, controls)
act = (
    wait
    | st.tuples(st.just("bpm"), st.floats(20, 300))
    | st.tuples(st.just("leap"), st.floats(0, 20))
    | st.tuples(st.just("stop"), st.floats(-0.1, 0.4))
    | st.tuples(st.just("play"), st.floats(-3, 6))
    | st.tuples(st.just("finish"), st.just(0.0))
    | st.tuples(st.just("style"), st.sampled_from(sorted(STYLES)))
)
acts = st.lists(act, min_size=3, max_size=24)


class Performance:
    """Does as it is told, and looks at each slice as it comes."""

    def __init__(self):
        self.tempo = InternalTempo(120)
        self.playing = Sequencer(STYLES["arpeggio"], self.tempo, MusicConfig(), seed=1)
        self.playing.setup(0.0)
        self.now, self.until, self.step = 0.0, 0.0, 0
        self.silent = float("inf")
        self.sounds_until = defaultdict(float)

    def do(self, what):
        match what:
            case ("bpm", bpm):
                self.tempo.change(bpm, at=self.now)
            case ("leap", beats):
                self.tempo.locate(self.tempo.beat_at(self.now) + beats, at=self.now)
            case ("stop", ahead):
                self.playing.stop(self.now + ahead)
                self.silent = min(self.silent, max(self.now + ahead, self.until))
            case ("play", ahead):
                self.playing.play(self.tempo.beat_at(self.now) + ahead)
                self.silent = float("inf")
            case ("finish", _):
                self.playing.finish([Chord.parse("G:7"), Chord.parse("C")], at=self.now)
            case ("style", name):
                self.playing.style = STYLES[name]
            case (seconds, planned, seen, live):
                self.now += seconds
                if planned:
                    self.plan(*planned)
                self.look(self.playing.accents([Cue(self.now, *seen)] if seen else [], at=self.now, controls=live))
                self.slice(self.now + LOOKAHEAD, live)

    def plan(self, ahead, duration, chord, loudness, density, mood):
        self.step += 1
        chord = Chord.from_index(chord, Key(chord % 12, "minor") if chord % 3 else None)
        onset = self.tempo.beat_at(self.now) + ahead
        self.playing.accept(StepPlan(self.step, onset, duration, chord, Dynamics(loudness, density), mood))

    def slice(self, until, live):
        found = self.playing.events(until, live)
        moments = [event.onset if isinstance(event, NoteEvent) else event.time for event in found]
        assert moments == sorted(moments)
        assert all(self.until <= moment < until for moment in moments)
        self.until = max(self.until, until)
        self.look(found)

    def look(self, found):
        for event in found:
            if isinstance(event, ProgramEvent):
                self.sounds_until.clear()  # another style, whose forerunner's notes end by themselves
            if isinstance(event, ControlEvent) and event.controller == 123:
                for key in self.sounds_until:
                    if key[0] == event.part:
                        self.sounds_until[key] = 0.0
            if isinstance(event, NoteEvent):
                assert event.onset < self.silent, "a note in silence"
                key = event.part, event.pitch
                assert event.onset >= self.sounds_until[key], "a pitch begins where it sounds"
                self.sounds_until[key] = event.onset + event.duration


@settings(max_examples=60, deadline=None, derandomize=True)
@given(acts)
def test_whatever_comes_notes_are_legal_in_order_never_in_silence_and_end_with_the_cadence(steps):
    performance = Performance()
    for each in steps:
        performance.do(each)
    end = performance.playing.finish([Chord.parse("G:7"), Chord.parse("C")], at=performance.now)
    performance.slice(end + 1, Controls())
    assert not [event for event in performance.playing.events(end + 60, Controls()) if isinstance(event, NoteEvent)]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(plan_values, min_size=2, max_size=6), st.floats(0.3, 3.0), st.floats(-1, 8))
def test_play_after_a_stop_is_no_burst(planned, stopped, ahead):
    performance = Performance()
    for each in planned:
        performance.plan(*each)
    performance.slice(stopped, Controls())
    performance.playing.stop(stopped)
    performance.slice(stopped + 2, Controls())
    performance.playing.play(performance.tempo.beat_at(stopped + 2) + ahead)
    found = performance.playing.events(stopped + 2.001, Controls())
    assert len([event for event in found if isinstance(event, NoteEvent)]) <= 12
