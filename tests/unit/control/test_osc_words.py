"""What OSC addresses mean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_packet import OscPacket

from stream_v2m.control.osc_words import ROOT, arguments_of, fields_of, note_bundles, say
from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import VirtualClock
from stream_v2m.core.commands.table import COMMANDS, parse_command
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import State
from stream_v2m.core.values import Affect, NoteEvent

pytestmark = pytest.mark.unit


def test_arguments_go_by_the_place_of_their_fields_and_when_comes_last():
    assert fields_of(COMMANDS["mute"]) == ["part", "on", "when"]
    assert arguments_of("mute", ["bass", 0]) == {"part": "bass", "on": 0}
    assert arguments_of("mute", ["bass", 1, "bar"]) == {"part": "bass", "on": 1, "when": "bar"}


def test_arguments_may_be_named_in_pairs():
    assert arguments_of("mute", ["on", 0, "part", "bass"]) == {"on": 0, "part": "bass"}


def test_nothing_given_is_the_usual_value():
    assert arguments_of("lock_key", [None]) == {}


@pytest.mark.parametrize(("values", "given"), [([1.0], {}), ([], {}), ([0.0], None), ([0], None)])
def test_a_button_acts_when_it_is_pressed_and_not_when_it_is_let_go(values, given):
    assert arguments_of("tap", values) == given


def test_a_fader_that_sends_floats_for_everything_is_understood():
    assert parse_command("transpose", arguments_of("transpose", [5.0]) or {}).semitones == 5
    assert parse_command("hold", arguments_of("hold", [1.0]) or {}).on is True


def test_what_is_no_command_or_too_much_is_refused():
    with pytest.raises(ConfigError, match="no such command"):
        arguments_of("explode", [])
    with pytest.raises(ConfigError, match="too many"):
        arguments_of("hold", [1, "now", 3])


arguments = st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), max_size=5)


@settings(deadline=None)
@given(st.sampled_from(sorted(COMMANDS)), arguments)
def test_whatever_is_given_is_a_command_within_bounds_or_refused(name, values):
    try:
        given = arguments_of(name, values)
        command = parse_command(name, given or {})
    except ConfigError:
        return
    assert "nan" not in command.model_dump_json().lower()


def test_what_is_unknown_is_not_told_and_the_rest_is():
    assert ROOT + "valence" not in say(State())
    affect = Affect((0.5, 0.1, 0.1, 0.1, 0.1, 0.1), valence=0.25, arousal=-0.5)
    told = say(State(chord=Chord.parse("D:min7"), affect=affect, bpm=120.0))
    assert told[ROOT + "chord"] == ("Dm7",)
    assert told[ROOT + "emotion"] == ("exciting",)
    assert told[ROOT + "emotions"] == (0.5, 0.1, 0.1, 0.1, 0.1, 0.1)
    assert told[ROOT + "valence"] == (0.25,)


def test_notes_that_begin_together_are_one_bundle_due_when_they_sound():
    notes = [
        NoteEvent(12.5, 0.5, 40, 90, "bass"),
        NoteEvent(13.0, 0.5, 64, 80, "pad"),
        NoteEvent(12.5, 1, 60, 70, "pad"),
    ]
    first, second = note_bundles(notes, {"bass": 1, "pad": 2}, VirtualClock())
    assert [each.message.params for each in OscPacket(first).messages] == [
        ["bass", 40, 90, 0.5, 1],
        ["pad", 60, 70, 1.0, 2],
    ]
    assert len(OscPacket(second).messages) == 1
