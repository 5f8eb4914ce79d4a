"""The page about listening tests says what the code does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from models.listening.__main__ import _parser
from models.listening.crossed import Spread, listeners_needed
from models.listening.loudness import CEILING_DB, TARGET_LUFS
from models.listening.questions import QUESTIONS

pytestmark = pytest.mark.models

PAGE = (Path(__file__).parents[3] / "docs" / "listening.md").read_text(encoding="utf-8")


def test_the_table_of_listeners_is_what_the_command_computes():
    rows = [re.split(r"\s*\|\s*", row.strip("| ")) for row in PAGE.splitlines() if re.match(r"\| \d\.\d\d \|", row)]
    options = _parser().parse_args(["power"])
    spread = Spread(*options.spread)
    assert [float(row[0]) for row in rows] == options.difference
    for difference, *needed in rows:
        found = [listeners_needed(float(difference), films=films, spread=spread) for films in options.films]
        assert needed == [str(each or "> 200") for each in found]


def test_the_commands_can_be_typed():
    block = PAGE.split("## Run one\n\n")[1].split("\n\n")[0].replace("\\\n", " ")
    commands = [shlex.split(line)[3:] for line in block.splitlines()]
    assert [_parser().parse_args(command).run.__name__ for command in commands] == ["_prepare", "_serve", "_analyse"]


def test_the_questions_and_the_loudness_are_the_pages():
    assert all(f"| {question.title.lower()} | {question.text} |" in PAGE for question in QUESTIONS)
    assert f"−{-TARGET_LUFS:g} LUFS" in PAGE and f"−{-CEILING_DB:g} dB" in PAGE
