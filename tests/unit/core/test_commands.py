"""Commands: every one is read, applied, and refused when it makes no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream_v2m.core.chords import Key
from stream_v2m.core.commands.table import COMMANDS, parse_command
from stream_v2m.core.controls import Controls
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit

EXAMPLES: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "play": [({}, {"playing": True}), ({"when": "bar"}, {"playing": True})],
    "stop": [({}, {"playing": False}), ({"cadence": False, "when": "beat"}, {"playing": False})],
    "quit": [({}, {}), ({"cadence": False}, {})],
    "panic": [({}, {})],
    "hold": [({"on": True}, {"hold": True})],
    "reseed": [({"seed": 7}, {"seed": 7}), ({}, {"seed": 0x9E3779B9})],
    "lock_key": [({"key": "Eb minor"}, {"key": Key(3, "minor")}), ({"key": None}, {"key": None}), ({}, {"key": None})],
    "lock_scale": [({"scale": "dorian"}, {"scale": "dorian"}), ({}, {"scale": None})],
    "transpose": [({"semitones": -5}, {"transpose": -5})],
    "set_tempo": [({"bpm": 96.5}, {"bpm": 96.5})],
    "tap": [({}, {})],
    "nudge": [({"beats": -0.25}, {})],
    "set_style": [({"style": "chorale"}, {"style": "chorale"})],
    "set_source": [({"source": "backup"}, {})],
    "mute": [({"part": "drums"}, {"muted": frozenset({"drums"})}), ({"part": "drums", "on": False}, {})],
    "solo": [({"part": "bass"}, {"soloed": frozenset({"bass"})}), ({"part": "bass", "on": False}, {})],
    "set_temperature": [({"value": 0}, {"temperature": 0.0})],
    "set_affect_strength": [({"value": 1}, {"affect_strength": 1.0})],
    "set_affect": [({"estimator": "clip:ViT-B-32"}, {})],
    "set_guidance": [({"value": 2.5}, {"guidance": 2.5}), ({"value": 1}, {"guidance": 1.0})],
    "set_cut_cadence": [({"value": 0.5}, {"cut_cadence": 0.5})],
    "set_cue_strength": [({"value": 0.25}, {"cue_strength": 0.25})],
    "set_accents": [({"mode": "cuts"}, {"accents": "cuts"}), ({"mode": "off"}, {"accents": "off"})],
    "set_accent_strength": [({"value": 0.5}, {"accent_strength": 0.5})],
    "set_accent_snap": [({"beats": 0.5}, {"accent_snap": 0.5})],
    "set_motion_onsets": [({"value": 0.5}, {"motion_onsets": 0.5})],
    "set_chord_on_cut": [({"value": 1}, {"chord_on_cut": 1.0})],
    "set_zone": [({"part": "bass", "zone": "left"}, {"zones": {"bass": "left"}}), ({"part": "bass"}, {})],
    "set_zone_strength": [({"value": 0.5}, {"zone_strength": 0.5})],
    "set_pace_strength": [({"value": 0.5}, {"pace_strength": 0.5})],
    "trim_density": [({"value": -1}, {"density_trim": -1.0})],
    "trim_loudness": [({"value": 0.5}, {"loudness_trim": 0.5})],
    "freeze_range": [({"on": True}, {"range_frozen": True})],
    "learn": [({"command": "mute", "arguments": {"part": "bass"}}, {})],
}
CASES = [(name, arguments, changed) for name, cases in EXAMPLES.items() for arguments, changed in cases]


def test_every_command_has_an_example_here():
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize(("name", "arguments", "changed"), CASES)
def test_a_command_changes_what_it_names_and_nothing_else(
    name: str, arguments: dict[str, Any], changed: dict[str, Any]
):
    before = Controls()
    after = parse_command(name, arguments).apply(before)
    assert after == Controls(**{field: changed.get(field, value) for field, value in vars(before).items()})
    assert before == Controls()


@pytest.mark.parametrize(("name", "arguments", "changed"), CASES)
def test_a_command_survives_json(name: str, arguments: dict[str, Any], changed: dict[str, Any]):
    command = parse_command(name, arguments)
    assert parse_command(name, json.loads(command.model_dump_json())) == command


@pytest.mark.parametrize("name", COMMANDS)
def test_an_argument_that_a_command_does_not_know_is_refused(name: str):
    arguments = EXAMPLES[name][0][0] | {"loudly": True}
    with pytest.raises(ConfigError, match=rf"{name}\.loudly: no such setting, got True"):
        parse_command(name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("hold", {}, "hold.on: field required"),
        ("hold", {"on": "perhaps"}, "hold.on: input should be a valid boolean"),
        ("reseed", {"seed": -1}, "reseed.seed: input should be greater than or equal to 0, got -1"),
        ("reseed", {"seed": 2**63}, "reseed.seed: input should be less than"),
        ("lock_key", {"key": "H minor"}, "lock_key.key: 'H' is no note name; write it like 'F#' or 'Bb'"),
        ("lock_key", {"key": "C dorian"}, "lock_key.key: 'C dorian' is no key; write it like 'Eb minor'"),
        ("lock_scale", {"scale": "turkish"}, "lock_scale.scale: input should be 'major', 'minor'"),
        ("nudge", {"beats": 3}, "nudge.beats: input should be less than or equal to 2"),
        ("panic", {"when": "later"}, "panic.when: input should be 'now', 'beat' or 'bar'"),
        ("transpose", {"semitones": 25}, "transpose.semitones: input should be less than or equal to 24"),
        ("transpose", {"semitones": 0.5}, "transpose.semitones: input should be a valid integer"),
        ("set_tempo", {"bpm": 0}, "set_tempo.bpm: input should be greater than or equal to 20"),
        ("set_tempo", {"bpm": float("nan")}, "set_tempo.bpm: input should be"),
        ("set_temperature", {"value": 2.1}, "set_temperature.value: input should be less than or equal to 2"),
        ("set_affect_strength", {"value": -0.1}, "set_affect_strength.value: input should be greater"),
        ("set_guidance", {"value": 4.1}, "set_guidance.value: input should be less than or equal to 4"),
        ("trim_density", {"value": float("inf")}, "trim_density.value: input should be"),
        ("mute", {"part": 3}, "mute.part: input should be a valid string"),
    ],
)
def test_what_makes_no_sense_is_refused_in_plain_words(name: str, arguments: dict[str, Any], words: str):
    with pytest.raises(ConfigError) as caught:
        parse_command(name, arguments)
    assert str(caught.value).startswith(words)


def test_a_command_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ConfigError, match="play_faster: no such command, expected one of play, stop, quit, panic"):
        parse_command("play_faster", {})


def test_mute_and_solo_decide_what_is_audible():
    controls = Controls(muted=frozenset({"drums"}))
    assert controls.audible("bass")
    assert not controls.audible("drums")
    soloed = parse_command("solo", {"part": "drums"}).apply(controls)
    assert not soloed.audible("bass")
    assert not soloed.audible("drums")  # mute is stronger than solo
    both = parse_command("mute", {"part": "drums", "on": False}).apply(soloed)
    assert both.audible("drums")
    assert not both.audible("bass")


@pytest.mark.parametrize("wrong", [{"bpm": 10}, {"temperature": -1}, {"transpose": 30}, {"seed": -1}])
def test_first_controls_keep_to_the_same_bounds_as_commands(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="should be"):
        Controls(**wrong)
