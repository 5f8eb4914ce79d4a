"""What is told over MQTT, and what Home Assistant is told of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stream_v2m.control.mqtt_command import LONGEST, Asked, answer, asked_for
from stream_v2m.control.mqtt_config import MqttConfig
from stream_v2m.control.mqtt_discovery import entities
from stream_v2m.control.mqtt_topics import STATUS, VERSION, topics
from stream_v2m.control.words import written
from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.commands.table import COMMANDS, parse_command
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.resources import configs_folder
from stream_v2m.core.state import State
from stream_v2m.core.values import Affect, Cue, Dynamics

pytestmark = pytest.mark.unit

BASE = "stream_v2m/stage"
PLAYING = State(
    phase="playing",
    chord=Chord.parse("D:min7"),
    key=Key.parse("C"),
    affect=Affect((0.5, 0.1, 0.1, 0.1, 0.1, 0.1), 0.123, -0.456),
    cue=Cue(1.0, 0.5),
    dynamics=Dynamics(0.1, 4.0),
    parts=("bass",),
)


@pytest.mark.parametrize("state", [State(), PLAYING])
def test_every_topic_is_json_with_its_version_and_the_same_fields_whatever_is_known(state):
    told = topics(state, {"ok": True}, ("waltz",))
    assert {topic: set(fields) for topic, fields in told.items()} == {
        topic: set(fields) for topic, fields in topics(PLAYING, {"ok": True}, ("waltz",)).items()
    }
    for fields in told.values():
        assert json.loads(written(fields))["version"] == VERSION


def test_a_chord_is_told_as_on_a_lead_sheet():
    assert topics(PLAYING, {}, ())["chord"] == {"version": 1, "chord": "Dm7", "key": "C major", "step": 0}


def test_every_field_of_every_topic_is_in_the_manual():
    page = (configs_folder().parent / "docs" / "mqtt.md").read_text(encoding="utf-8")
    for topic, fields in topics(PLAYING, {"ok": True, "ready": True, "reasons": ()}, ()).items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{topic}`") or f"`, `{topic}`" in line[:40]]
        for field in set(fields) - {"version"}:
            assert f"`{field}`" in row, (topic, field)


def test_a_command_is_named_by_its_topic_or_in_its_payload():
    assert asked_for("hold", b'{"on": true, "id": 3}') == Asked("hold", {"on": True}, 3)
    assert asked_for("", b'{"command": "play"}') == Asked("play", {}, None)
    assert asked_for("tap", b" ") == Asked("tap", {}, None)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "hold", "set_tempo"]))
def test_random_payloads_are_commands_or_refused(payload, name):
    for text in (payload, b"{" + payload + b"}", b'{"a": ' + payload + b"}"):
        try:
            assert isinstance(asked_for(name, text), Asked)
        except ConfigError as error:
            written(answer(None, error))


@pytest.mark.parametrize(
    "payload", [b"[" * 4000, b"1" * (LONGEST + 1), b'{"id": {}}', b'{"id": "' + b"x" * 200 + b'"}']
)
def test_what_is_too_deep_or_too_long_is_refused(payload):
    with pytest.raises(ConfigError):
        asked_for("hold", payload)


def test_what_home_assistant_turns_are_commands_that_exist():
    told = {topic: json.loads(text) for topic, text in entities("stage", BASE, "homeassistant", ["waltz"]).items()}
    assert all(entity["availability_topic"] == f"{BASE}/{STATUS}" for entity in told.values())
    assert len({entity["unique_id"] for entity in told.values()}) == len(told)
    numbers = {topic: entity for topic, entity in told.items() if topic.startswith("homeassistant/number/")}
    assert len(numbers) >= 4
    for entity in numbers.values():
        command = entity["command_topic"].removeprefix(f"{BASE}/command/")
        payload = entity["command_template"].replace("{{ value }}", str(entity["max"]))
        assert parse_command(command, json.loads(payload))
    switch = told["homeassistant/switch/stream_v2m_stage/playing/config"]
    assert asked_for("", switch["payload_off"].encode()).name in COMMANDS


def test_what_home_assistant_shows_is_told():
    told = topics(PLAYING, {}, ())
    for text in entities("stage", BASE, "homeassistant", []).values():
        entity = json.loads(text)
        value: object = told[entity["state_topic"].removeprefix(f"{BASE}/")]
        for field in entity["value_template"].strip("{ }").removeprefix("value_json.").split("."):
            assert isinstance(value, dict)
            value = value[field]


@pytest.mark.parametrize(
    "settings",
    [
        {"broker": "a b"},
        {"broker": "user:pw@host"},
        {"name": "a/b"},
        {"name": "#"},
        {"tls_ca": "x.pem"},
        {"tls": True, "tls_cert": "x.pem"},
        {"password": "x", "password_file": "y"},
    ],
)
def test_a_broker_that_cannot_be_meant_is_refused(settings):
    with pytest.raises(ValidationError):
        MqttConfig.model_validate(settings)


def test_ports_are_the_usual_ones_and_a_password_is_never_written_out():
    assert MqttConfig(broker="stage").port == 1883
    assert MqttConfig(broker="stage", tls=True).port == 8883
    assert MqttConfig(broker="stage:99").port == 99
    config = MqttConfig(broker="stage", password="open sesame")
    assert "sesame" not in config.model_dump_json() + repr(config)


def test_a_password_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match="missing"):
        MqttConfig(broker="stage", password_file=tmp_path / "missing").secret()


def test_a_password_does_not_belong_on_the_command_line():
    from typer.testing import CliRunner

    from stream_v2m.cli.main import app

    refused = CliRunner().invoke(app, ["config", "--set", "mqtt.password=sesame"])
    assert isinstance(refused.exception, ConfigError)
    assert "command line" in str(refused.exception)
    assert "sesame" not in str(refused.exception)
