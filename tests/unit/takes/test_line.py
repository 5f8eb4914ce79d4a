"""The log's lines give back what was kept, to the last bit, and refuse what is none."""

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.commands.arrangement import Mute
from stream_v2m.core.commands.harmony import LockKey
from stream_v2m.core.commands.tempo import SetTempo
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.features import CONDITIONS, EMOTION, FEATURE_SIZE, MOTION, SCHEMA_VERSION, SEMANTIC, Condition
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import Affect, Cue, Dynamics, Event, FeatureWindow, MidiEvent, StepPlan
from stream_v2m.takes import line

pytestmark = pytest.mark.unit

SOME = np.random.default_rng(7)
AFFECT = Affect((0.1, 1 / 3, 0.05, 0.2, 0.25, 0.06666666666666667), -0.123456789012345, 0.9)


def stored(value):
    """As it comes back from the disk."""
    return json.loads(json.dumps(value))


def window(*present: Condition) -> FeatureWindow:
    bits = np.zeros(CONDITIONS, np.bool_)
    bits[list(present)] = True
    features = np.zeros(FEATURE_SIZE, np.float32)
    if Condition.SEMANTIC in present:
        features[SEMANTIC] = SOME.normal(size=384)
    if Condition.EMOTION in present:
        features[EMOTION] = SOME.random(6)
    if Condition.MOTION in present:
        features[MOTION] = np.float32(1 / 3)
    return FeatureWindow(1.1, 1.0, features, bits, AFFECT if present else None, 0.1 + 0.2, SCHEMA_VERSION)


def step(seen: FeatureWindow | None) -> line.Step:
    chord = Chord.parse("Eb:min7", Key.parse("Bb minor"))
    plan = StepPlan(3, 6.0, 2.0, chord, Dynamics(0.1234567890123, 7.7), seen and seen.affect)
    return line.Step(plan, 4.000000000000001, 1.0, seen)


@pytest.mark.parametrize(
    "present",
    [
        [],
        [Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET],
        [Condition.SEMANTIC, Condition.EMOTION],
        [Condition.MOTION],
    ],
)
def test_a_step_and_its_window_come_back_to_the_last_bit(present):
    kept = step(window(*present))
    read = line.read_step(stored(line.step_line(kept)))
    assert (read.plan, read.onset, read.duration) == (kept.plan, kept.onset, kept.duration)
    for field in fields(FeatureWindow):
        one, other = getattr(kept.window, field.name), getattr(read.window, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes()
        else:
            assert one == other


def test_a_blind_step_has_no_window():
    assert line.read_step(stored(line.step_line(step(None)))) == step(None)


@given(
    at=st.floats(0, 1e6),
    late=st.sampled_from([0.0, 0.004, 1.5]),
    motion=st.floats(0, 1),
    origin=st.floats(0, 1e6),
    events=st.lists(st.sampled_from(Event), max_size=2),
)
def test_what_was_seen_comes_back_to_the_last_bit(at, late, motion, origin, events):
    cues = (Cue(at, motion), *(Cue(at, motion, event, origin) for event in events))
    kept = line.Seen(at + late, cues)
    assert line.read_seen(stored(line.seen_line(kept))) == kept


def test_a_frame_without_events_that_was_not_late_is_two_numbers():
    assert line.seen_line(line.Seen(0.5 - 1e-16, (Cue(0.5, 0.25),))) == {"seen": 0.5, "motion": 0.25}


@pytest.mark.parametrize(
    "event",
    [
        MidiEvent(1 / 3, -1, b"\x90\x40\x7f", release=2 / 3),
        MidiEvent(0.1, 2, b"\xb0\x0b\x40"),
        MidiEvent(0.0, -1, b"\xc5\x10"),
    ],
)
def test_a_message_comes_back(event):
    assert line.read_midi(stored(line.midi_line(event))) == event


@pytest.mark.parametrize("command", [SetTempo(bpm=97.3), LockKey(key=Key.parse("Eb minor")), Mute(part="bass")])
def test_a_command_comes_back_with_its_arguments(command):
    assert line.read_command(stored(line.command_line(command, 1.25))) == (1.25, command)


def test_a_segment_and_a_header_come_back():
    segment = Segment(1 / 3, -0.1, 120.000001)
    assert line.read_segment(stored(line.segment_line(segment))) == segment
    header = line.Header("film:", {"controls": {"key": None}}, 'title = "夜"\n', "1.2", "2026-11-22T04:09:29+00:00")
    assert line.read_header(stored(line.header_line(header))) == header


@pytest.mark.parametrize(
    ("read", "broken"),
    [
        (line.read_seen, {"seen": 1.0, "motion": 0.5, "events": [["bang", 1.0]]}),
        (line.read_midi, {"midi": "9", "due": 1.0}),
        (line.read_midi, {"midi": "", "due": 1.0}),
        (line.read_step, line.step_line(step(None)) | {"chord": "H:maj"}),
        (line.read_step, line.step_line(step(None)) | {"window": {"time": 1}}),
        (line.read_command, {"command": "explode", "arguments": {}, "at": 1.0}),
        (line.read_command, {"command": "set_tempo", "arguments": {"bpm": -1}, "at": 1.0}),
    ],
)
def test_a_line_that_is_none_is_refused(read, broken):
    with pytest.raises((ValueError, KeyError, ConfigError)):
        read(broken)


@pytest.mark.parametrize(
    "change", [{"features": "AAAA"}, {"features": "AAAAAA=="}, {"affect": [0.5, 0.5]}, {"present": [99]}]
)
def test_a_window_of_the_wrong_size_is_refused(change):
    made = line.step_line(step(window(Condition.EMOTION)))
    with pytest.raises((ValueError, IndexError)):
        line.read_step(made | {"window": made["window"] | change})
