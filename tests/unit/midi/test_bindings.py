"""From knobs, keys and buttons to commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from stream_v2m.core.commands.arrangement import Mute
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.harmony import Hold, Transpose
from stream_v2m.core.commands.mood import FreezeRange, SetAffectStrength
from stream_v2m.core.commands.table import COMMANDS
from stream_v2m.core.commands.tempo import SetTempo, Tap
from stream_v2m.core.controls import Controls
from stream_v2m.core.errors import ConfigError
from stream_v2m.midi.action import action_of
from stream_v2m.midi.binding import Binding, Touch
from stream_v2m.midi.bindings import Bindings
from stream_v2m.midi.channel_message import control_change, note_off, note_on, program_change

pytestmark = pytest.mark.unit

NOW = Controls(affect_strength=0.5)


def bound(command: str, **values: Any) -> Bindings:
    return Bindings([Binding(command=command, **values)])


def cc(value: int, *, number: int = 21, channel: int = 1) -> bytes:
    return control_change(channel, number, value)


def obeyed(bindings: Bindings, messages: list[bytes], controls: Controls = NOW) -> tuple[list[Command], Controls]:
    """Every command that messages give, each obeyed before the next message."""
    commands = []
    for message in messages:
        for command in bindings.interpret(message, controls):
            commands.append(command)
            controls = command.apply(controls)
    return commands, controls


class TestWhatACommandTakes:
    def test_a_number_that_is_wanted_is_set_over_its_own_range(self):
        assert (action := action_of("set_tempo", {})).kind == "set"
        assert (action.field, action.low, action.high, action.whole) == ("bpm", 20.0, 300.0, False)
        assert action_of("transpose", {}).whole

    def test_an_on_that_is_wanted_is_switched_and_all_else_is_pressed(self):
        assert action_of("hold", {}).kind == action_of("mute", {"part": "bass"}).kind == "switch"
        assert action_of("mute", {"part": "bass", "on": True}).kind == "press"
        assert action_of("tap", {}).kind == action_of("reseed", {}).kind == action_of("quit", {}).kind == "press"
        assert action_of("set_tempo", {"bpm": 96, "when": "bar"}).kind == "press"

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_can_be_bound_once_it_is_told_the_words_that_it_wants(self, name: str):
        wanted = COMMANDS[name].model_json_schema().get("required", ())
        fields = COMMANDS[name].model_json_schema()["properties"]
        words = {field: fields[field].get("enum", ["any"])[0] for field in wanted if fields[field]["type"] == "string"}
        assert action_of(name, words).kind in ("set", "switch", "press")

    @pytest.mark.parametrize(
        ("command", "arguments", "said"),
        [
            ("mutt", {}, "one of play, stop"),
            ("mute", {}, "part=…"),
            ("set_style", {}, "style=…"),
            ("set_tempo", {"bpm": 9999}, "set_tempo.bpm"),
            ("hold", {"off": True}, "hold.off"),
        ],
    )
    def test_what_cannot_be_bound_is_refused_with_the_reason(self, command: str, arguments: dict[str, Any], said: str):
        with pytest.raises(ConfigError, match=said):
            action_of(command, arguments)


class TestKnobs:
    def test_a_knob_covers_the_whole_range_and_reaches_both_ends(self):
        tempo = bound("set_tempo", cc=21)
        assert tempo.interpret(cc(0), NOW) == [SetTempo(bpm=20)]
        assert tempo.interpret(cc(127), NOW) == [SetTempo(bpm=300)]

    def test_a_range_may_be_narrower_or_turned_round(self):
        assert bound("set_tempo", cc=21, low=90, high=140).interpret(cc(127), NOW) == [SetTempo(bpm=140)]
        turned = bound("set_affect_strength", cc=21, low=1, high=0)
        assert turned.interpret(cc(0), NOW) == [SetAffectStrength(value=1)]

    def test_whole_numbers_stay_whole(self):
        commands, _ = obeyed(bound("transpose", cc=21), [cc(value) for value in range(128)])
        semitones = [command.semitones for command in commands if isinstance(command, Transpose)]
        assert semitones == sorted(semitones)
        assert set(semitones) == set(range(-24, 25))

    def test_what_else_the_command_is_told_goes_with_it(self):
        tempo = bound("set_tempo", cc=21, arguments={"when": "bar"})
        assert tempo.interpret(cc(127), NOW) == [SetTempo(bpm=300, when="bar")]

    def test_other_controls_and_other_channels_do_nothing(self):
        tempo = bound("set_tempo", cc=21, channel=2)
        assert tempo.interpret(cc(5, channel=1), NOW) == []
        assert tempo.interpret(cc(5, number=22, channel=2), NOW) == []
        assert tempo.interpret(note_on(2, 21, 100), NOW) == []
        assert tempo.interpret(cc(5, channel=2), NOW) != []

    def test_two_bindings_of_one_knob_both_act(self):
        both = Bindings([Binding(command="trim_density", cc=21), Binding(command="trim_loudness", cc=21)])
        assert len(both.interpret(cc(64), NOW)) == 2


class TestPickup:
    def test_a_knob_does_nothing_until_it_passes_the_present_value(self):
        knob = bound("set_affect_strength", cc=21, pickup=True)  # at 0.5, which is knob position 63.5
        commands, controls = obeyed(knob, [cc(0), cc(30), cc(60)])
        assert commands == [] and controls.affect_strength == 0.5
        commands, controls = obeyed(knob, [cc(70), cc(120), cc(10)], controls)
        assert len(commands) == 3
        assert controls.affect_strength == pytest.approx(10 / 127, abs=1e-4)

    def test_the_first_that_is_heard_of_a_knob_is_no_passing(self):
        assert bound("set_affect_strength", cc=21, pickup=True).interpret(cc(100), NOW) == []

    def test_a_knob_loses_its_grip_when_another_hand_sets_the_value(self):
        knob = bound("set_affect_strength", cc=21, pickup=True)
        commands, controls = obeyed(knob, [cc(63), cc(80)])
        assert len(commands) == 2
        commands, controls = obeyed(knob, [cc(81), cc(82)], replace(controls, affect_strength=0.1))
        assert commands == [] and controls.affect_strength == 0.1

    def test_a_knob_keeps_its_grip_while_its_command_waits_for_the_beat(self):
        knob = bound("set_affect_strength", cc=21, pickup=True, arguments={"when": "beat"})
        given = [knob.interpret(cc(value), NOW) for value in (63, 70, 80, 90)]  # and not yet obeyed
        assert all(given)


class TestKeysAndButtons:
    def test_a_press_gives_the_command_once_and_letting_go_nothing(self):
        tap = bound("tap", note=36, channel=10)
        commands, _ = obeyed(tap, [note_on(10, 36, 90), note_off(10, 36), note_on(10, 36, 1), note_on(10, 36, 0)])
        assert commands == [Tap(), Tap()]

    def test_each_press_turns_a_toggle_over_whatever_it_was(self):
        hold = bound("hold", note=36)
        press = [note_on(1, 36, 90), note_off(1, 36)]
        assert obeyed(hold, press * 3)[0] == [Hold(on=True), Hold(on=False), Hold(on=True)]
        assert obeyed(hold, press, Controls(hold=True))[0] == [Hold(on=False)]

    def test_a_toggle_knows_what_is_muted(self):
        mute = bound("mute", arguments={"part": "bass"}, note=36)
        assert mute.interpret(note_on(1, 36, 90), Controls(muted=frozenset({"drums"}))) == [Mute(part="bass")]
        mute.interpret(note_off(1, 36), NOW)
        muted = Controls(muted=frozenset({"bass", "drums"}))
        assert mute.interpret(note_on(1, 36, 90), muted) == [Mute(part="bass", on=False)]

    def test_what_is_held_lasts_as_long_as_the_key(self):
        freeze = bound("freeze_range", note=36, mode="hold")
        commands, _ = obeyed(freeze, [note_on(1, 36, 90), note_on(1, 36, 0), note_off(1, 36)])
        assert commands == [FreezeRange(on=True), FreezeRange(on=False)]

    def test_a_button_that_sends_a_controller_is_down_from_64_on(self):
        hold = bound("hold", cc=64, mode="hold")
        commands, _ = obeyed(hold, [cc(value, number=64) for value in (0, 63, 64, 127, 90, 63, 0)])
        assert commands == [Hold(on=True), Hold(on=False)]

    def test_every_program_change_is_a_press(self):
        assert obeyed(bound("tap", program=4), [program_change(1, 4)] * 2 + [program_change(1, 5)])[0] == [Tap(), Tap()]

    @pytest.mark.parametrize(
        "message",
        [
            b"\xf8",
            b"\xfa",
            b"\xf2\x01\x02",
            b"\xe0\x00\x40",  # a bend
            b"\xd0\x40",  # pressure
            b"\xa0\x24\x40",
            control_change(1, 123, 0),  # all notes off
        ],
    )
    def test_what_cannot_be_bound_is_passed_over(self, message: bytes):
        assert Touch.read(message) is None
        assert bound("tap", note=36).interpret(message, NOW) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"command": "tap"}, "exactly one of cc, note and program"),
        ({"command": "tap", "cc": 1, "note": 2}, "exactly one of cc, note and program"),
        ({"command": "tap", "cc": 123}, "less than 120"),
        ({"command": "tap", "cc": 1, "channel": 17}, "less than or equal to 16"),
        ({"command": "tap", "cc": 1, "low": 3}, "low, high and pickup are for a knob"),
        ({"command": "set_tempo", "note": 1}, "bpm=… to be given"),
        ({"command": "set_tempo", "cc": 1, "high": 999}, "set_tempo.bpm"),
        ({"command": "nudge", "cc": 1, "pickup": True}, "no present value"),
        ({"command": "hold", "program": 1, "mode": "hold"}, "cannot be held"),
        ({"command": "hold", "cc": 1, "knob": 1}, "Extra inputs"),
    ],
)
def test_a_binding_that_makes_no_sense_is_refused_with_the_reason(values: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        Binding.model_validate(values)


def test_what_is_learnt_replaces_what_the_control_did_before_and_nothing_else():
    bindings = Bindings(
        [
            Binding(command="tap", note=36, channel=10),
            Binding(command="panic", note=36, channel=9),
            Binding(command="panic", note=37, channel=10),
        ]
    )
    bindings.learn(Binding(command="hold", note=36, channel=10))
    assert [binding.command for binding in bindings] == ["panic", "panic", "hold"]
