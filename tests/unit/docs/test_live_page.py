"""The page about playing live names what there is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from stream_v2m.cli.keys import keys_for
from stream_v2m.core.commands.table import COMMANDS
from stream_v2m.core.scales import SCALES
from stream_v2m.midi.binding import Binding
from stream_v2m.midi.controllers import RANGES, ControllersConfig

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[3] / "docs" / "live.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*COMMANDS, *RANGES, *keys_for(["arpeggio"])])
def test_every_command_signal_and_key_is_on_the_page(name: str):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", SCALES)
def test_every_scale_is_on_the_page(name: str):
    assert name in PAGE


def test_the_examples_are_right():
    tables = [tomllib.loads(block.split("```")[0]) for block in PAGE.split("```toml\n")[1:]]
    assert [list(table) for table in tables] == [["binding"], ["controllers"]]
    Binding.model_validate(tables[0]["binding"][0])
    ControllersConfig.model_validate(tables[1]["controllers"])
