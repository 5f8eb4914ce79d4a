"""The state in JSON's words."""

import json
from dataclasses import replace

import pytest

from stream_v2m.control import words
from stream_v2m.control.words import Sheet, word
from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.controls import Controls
from stream_v2m.core.state import SourceState, State
from stream_v2m.core.values import Affect, Cue, Event, MidiEvent, NoteEvent, Track

pytestmark = pytest.mark.unit

STATE = State(
    phase="playing",
    time=1.23456,
    controls=Controls(key=Key(3, "minor"), muted=frozenset({"pad", "bass"})),
    affect=Affect((0.5, 0.1, 0.1, 0.1, 0.1, 0.1), 0.25, -0.5),
    cue=Cue(1.0, 0.75),
    chord=Chord(2, "min7", Key(0, "major")),
    history=(Chord(None, ""),),
)
TRACKS = (Track("bass", 1),)


def written(state: State, *, at: float = 0.0) -> dict:
    sheet = Sheet({"styles": ["techno"]})
    sheet.refresh(state, TRACKS, at)
    return json.loads(sheet.all())


def test_keys_and_chords_are_told_by_name_and_sets_in_order():
    told = written(STATE)
    assert told["chord"] == "Dm7"
    assert told["history"] == ["N.C."]
    assert told["controls"]["key"] == "Eb minor"
    assert told["controls"]["muted"] == ["bass", "pad"]


def test_the_mood_is_told_with_its_six_names():
    affect = written(STATE)["affect"]
    assert (affect["emotion"], affect["valence"], affect["arousal"]) == ("exciting", 0.25, -0.5)
    assert list(affect["probabilities"]) == ["exciting", "fearful", "tense", "sad", "relaxing", "neutral"]


def test_of_the_cue_only_the_motion_is_state():
    told = written(STATE)
    assert told["motion"] == 0.75
    assert "cue" not in told
    assert written(State())["motion"] is None


def test_what_is_not_of_the_state_stands_beside_it():
    told = written(STATE)
    assert told["tracks"] == [{"name": "bass", "channel": 1, "program": None}]
    assert told["styles"] == ["techno"]


def test_what_json_does_not_know_is_null():
    assert word(float("nan")) is None
    assert word(float("inf")) is None


def test_a_field_is_told_again_only_when_it_has_changed():
    sheet = Sheet({})
    sheet.refresh(STATE, TRACKS, 0.0)
    before = sheet.version
    sheet.refresh(STATE, TRACKS, 0.01)
    assert sheet.since(before) is None
    sheet.refresh(replace(STATE, cuts=1, phase="resting"), TRACKS, 0.02)
    assert json.loads(sheet.since(before) or "") == {"cuts": 1, "phase": "resting"}


def test_an_equal_value_made_anew_is_no_change():
    sheet = Sheet({})
    sheet.refresh(STATE, TRACKS, 0.0)
    before = sheet.version
    sheet.refresh(replace(STATE, controls=replace(STATE.controls), history=(Chord(None, ""),)), TRACKS, 0.01)
    assert sheet.since(before) is None


def test_who_was_told_longer_ago_is_told_more():
    sheet = Sheet({})
    sheet.refresh(STATE, TRACKS, 0.0)
    first = sheet.version
    sheet.refresh(replace(STATE, cuts=1), TRACKS, 0.01)
    second = sheet.version
    sheet.refresh(replace(STATE, cuts=1, flashes=2), TRACKS, 0.02)
    assert json.loads(sheet.since(first) or "") == {"cuts": 1, "flashes": 2}
    assert json.loads(sheet.since(second) or "") == {"flashes": 2}


def test_time_beat_and_counters_are_told_four_times_a_second():
    sheet, told = Sheet({}), []
    for tick in range(101):
        before = sheet.version
        sheet.refresh(replace(STATE, time=tick / 100, source=SourceState(frames=tick)), TRACKS, tick / 100)
        told += [tick] if sheet.since(before) is not None else []
    assert told == [0, 25, 50, 75, 100]


def test_notes_messages_and_cues_have_all_that_a_page_needs():
    note = json.loads(words.notes([NoteEvent(1.0, 0.5, 60, 90, "bass")], {"bass": 3}))
    assert note == {
        "type": "notes",
        "notes": [{"onset": 1.0, "duration": 0.5, "pitch": 60, "velocity": 90, "part": "bass", "channel": 3}],
    }
    message = json.loads(words.midi([MidiEvent(2.0, 0, b"\x90\x3c\x5a", 2.5)]))
    assert message == {"type": "midi", "messages": [{"due": 2.0, "data": [144, 60, 90], "release": 2.5}]}
    assert json.loads(words.cue(Cue(3.0, 1.0, Event.CUT, 2.9))) == {"type": "cue", "event": "cut", "time": 3.0}
    assert json.loads(words.released(4.0)) == {"type": "released", "at": 4.0}


def test_a_name_that_is_no_utf8_can_still_be_sent():
    text = words.written(word(State(source=SourceState(name="film-\udcff.mp4"))))
    assert text.encode()
