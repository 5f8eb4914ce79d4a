import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_v2m.core.chords import VOCABULARY, Chord
from stream_v2m.core.commands import Controls
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import ControlEvent, Cue, Dynamics, Event, NoteEvent, StepPlan
from stream_v2m.music.sequencer import MusicConfig, Sequencer
from tests.support.music import affect, shipped

pytestmark = pytest.mark.unit

STYLE = shipped()
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
    muted=st.frozensets(st.sampled_from(STYLE.part_names)),
    cue_strength=UNIT,
    density_trim=SIGNED,
    loudness_trim=SIGNED,
)
cue_values = st.tuples(UNIT, st.none() | st.sampled_from(Event))
acts = st.lists(
    st.tuples(st.sampled_from((0.02, 0.1, 0.7)), st.none() | plan_values, st.none() | cue_values, controls)
    | st.floats(20, 300),
    min_size=3,
    max_size=16,
)


def perform(steps):
    """What sounds when plans, cues, controls and tempo changes come as they like; ends on a cadence."""
    tempo = InternalTempo(120)
    playing = Sequencer(STYLE, tempo, MusicConfig(), seed=1)
    playing.setup(0.0)
    now, sliced, accents = 0.0, [], []
    for number, act in enumerate(steps):
        if isinstance(act, float):
            tempo.change(act, at=now)
            continue
        wait, planned, seen, live = act
        now += wait
        if planned:
            ahead, duration, chord, loudness, density, mood = planned
            onset = tempo.beat_at(now) + ahead
            playing.accept(
                StepPlan(number, onset, duration, Chord.from_index(chord), Dynamics(loudness, density), mood)
            )
        accents += playing.accents([Cue(now, *seen)] if seen else [], at=now, controls=live)
        sliced.append((now + 0.03, playing.events(now + 0.03, live)))
    end = playing.finish([Chord.parse("G:7"), Chord.parse("C")], at=now)
    sliced.append((end + 1, playing.events(end + 1, Controls())))
    sliced.append((end + 60, playing.events(end + 60, Controls())))
    return sliced, accents, end


@settings(max_examples=30, deadline=None, derandomize=True)
@given(acts)
def test_whatever_comes_notes_are_legal_in_order_and_end_with_the_cadence(steps):
    sliced, accents, end = perform(steps)
    before, sounds_until = 0.0, {}
    for until, found in sliced:
        moments = [event.onset if isinstance(event, NoteEvent) else event.time for event in found]
        assert moments == sorted(moments)
        assert all(before <= moment < until for moment in moments)
        before = until
    for event in [*(each for _, found in sliced for each in found), *accents]:
        if isinstance(event, ControlEvent) and event.controller == 123:
            sounds_until = {key: until for key, until in sounds_until.items() if key[0] != event.part}
        if isinstance(event, NoteEvent):
            assert event.onset >= sounds_until.get((event.part, event.pitch), 0.0), "a pitch begins where it sounds"
            sounds_until[event.part, event.pitch] = event.onset + event.duration
            assert event in accents or event.onset <= end
