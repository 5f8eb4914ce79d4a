"""The page about the API names what there is."""

from dataclasses import fields
from pathlib import Path

import pytest

from stream_v2m.control.openapi import PREFIX, document
from stream_v2m.core.state import State

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_field_of_the_state_is_explained():
    fields_told = {"motion" if field.name == "cue" else field.name for field in fields(State)}
    fields_told |= {"tracks", "styles", "beats_per_bar"}
    assert sorted(name for name in fields_told if f"`{name}`" not in PAGE) == []


def test_every_address_is_named():
    paths = list(document([], [])["paths"])
    assert paths
    assert [path for path in paths if PREFIX + path not in PAGE] == []
