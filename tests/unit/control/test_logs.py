"""Logs: a line each, with the session and without secrets."""

from __future__ import annotations

import io
import json
import logging

import pytest

from stream_v2m.control.logs import Journal, LogConfig, added, start, without_secrets
from stream_v2m.core.commands.harmony import Transpose
from stream_v2m.core.state import Board, State

pytestmark = pytest.mark.unit


@pytest.fixture
def out():
    yield io.StringIO()
    start(LogConfig(), io.StringIO())


def test_every_json_record_is_a_line_with_the_session_and_its_own_fields(out):
    start(LogConfig(form="json"), out)
    board = Board(State())
    journal = Journal(board)
    journal.commanded(Transpose(semitones=3), 1.5)
    board.notice("a port\nis missing")
    journal.ended(2.0)
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [record["message"] for record in records] == [
        "command transpose",
        "phase starting",
        "a port\nis missing",
        "ended",
    ]
    assert len({record["session"] for record in records}) == 1
    assert records[0]["arguments"] == {"semitones": 3}
    assert records[2]["level"] == "warning"


def test_a_line_of_text_stays_one_line(out):
    start(LogConfig(form="text"), out)
    logging.getLogger("stream_v2m.x").warning("one\nline", extra={"path": "a\nb"})
    (line,) = out.getvalue().splitlines()
    assert line.endswith("one line path=a b")


def test_less_than_the_level_is_not_written(out):
    start(LogConfig(form="text", level="warning"), out)
    logging.getLogger("stream_v2m.x").info("nothing")
    assert out.getvalue() == ""


def test_without_a_log_nothing_is_written_anywhere(out, capfd):
    start(LogConfig(), out)
    logging.getLogger("stream_v2m.x").error("nothing")
    assert (out.getvalue(), capfd.readouterr()) == ("", ("", ""))


@pytest.mark.parametrize(
    "text",
    ["rtsp://me:hunter2@cam/1", "http://x/?token=hunter2&a=1", "Authorization: Bearer hunter2", "#token=hunter2"],
)
def test_credentials_are_not_written(text):
    assert "hunter2" not in without_secrets(text)


def test_only_new_notices_are_told_though_old_ones_are_forgotten():
    assert added(("a", "b", "c"), ("b", "c", "d")) == ("d",)
    assert added(("a",), ("a",)) == ()
