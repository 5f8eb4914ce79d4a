"""The document that says how to speak with the server."""

import json
from typing import Any

import pytest

from stream_v2m.control.openapi import command_schema, document
from stream_v2m.core.commands.table import COMMANDS

pytestmark = pytest.mark.unit


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [each for inner in value.values() for each in references(inner)]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


def test_every_command_has_its_address_and_every_reference_a_target():
    made = document(list(COMMANDS), ["techno"])
    assert {path.rpartition("/")[2] for path in made["paths"] if path.startswith("/commands/")} == set(COMMANDS)
    assert references(made)
    for reference in references(made):
        target: Any = made
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    assert json.loads(json.dumps(made)) == made


def test_bounds_names_and_styles_stand_in_the_schemas():
    assert command_schema("set_tempo", [])["properties"]["bpm"]["maximum"] == 300
    assert command_schema("set_style", ["techno"])["properties"]["style"]["enum"] == ["techno"]
    assert {"type": "null"} in command_schema("lock_key", [])["properties"]["key"]["anyOf"]
    assert any(each.get("type") == "string" for each in command_schema("lock_key", [])["properties"]["key"]["anyOf"])


def test_a_command_that_is_not_obeyed_is_not_promised():
    assert "/commands/quit" not in document(["play"], [])["paths"]
