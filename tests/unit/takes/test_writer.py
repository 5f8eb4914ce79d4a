"""The log is written by a thread of its own: the music never waits, and what the disk refuses is told and counted."""

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from stream_v2m.core.errors import TakeError
from stream_v2m.core.values import MidiEvent
from stream_v2m.takes import writer as module
from stream_v2m.takes.line import Header
from stream_v2m.takes.shelf import LOG
from stream_v2m.takes.take import Take
from stream_v2m.takes.writer import TakeWriter

pytestmark = pytest.mark.unit

HEADER = Header("film:", {}, "", "0.1", "2026-11-22T04:09:29")
LONG = 10.0  # seconds after which a thread that does not come is at fault


class Disk:
    """Stands between the writer and the system: it can be slow, full, or take a byte at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.write, self.full, self.most = os.write, False, 1 << 30
        self.open, self.asked = threading.Event(), threading.Event()
        self.open.set()
        monkeypatch.setattr(module.os, "write", self)
        monkeypatch.setattr(module, "WRITE_EVERY", 0.001)

    def __call__(self, file: int, data: memoryview) -> int:
        self.asked.set()
        assert self.open.wait(LONG)
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.write(file, data[: self.most])

    def visited(self) -> None:
        """Wait until the writer has come twice: whatever the first visit met has been noted."""
        for _ in range(2):
            self.asked.clear()
            assert self.asked.wait(LONG)


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


def begun(folder: Path, notices: list[str] | None = None) -> TakeWriter:
    return TakeWriter(folder, HEADER, notice=(notices if notices is not None else []).append)


def marks(folder: Path) -> list[str]:
    return [text for _, text in Take.read(folder).marks]


def test_everything_told_is_in_the_log_when_it_is_closed(tmp_path):
    with begun(tmp_path) as writer:
        writer.began(0.5)
        for index in range(1000):
            writer.marked(str(index), index)
        writer.ended(9.0)
    assert marks(tmp_path) == [str(index) for index in range(1000)]
    assert Take.read(tmp_path).ended == 9.0


def test_the_pulses_of_a_clock_are_not_kept(tmp_path):
    note = MidiEvent(1.0, -1, b"\x90\x3c\x40", release=2.0)
    with begun(tmp_path) as writer:
        writer.sent([MidiEvent(1.0, -1, b"\xf8"), note, MidiEvent(1.0, -1, b"\xf2\x00\x00")])
    assert Take.read(tmp_path).sent == [note]


def test_lines_reach_the_disk_while_the_performance_goes_on(tmp_path, disk):
    writer = begun(tmp_path)
    for text in ("one", "two"):
        disk.asked.clear()
        writer.marked(text, 1.0)
        assert disk.asked.wait(LONG)
    assert marks(tmp_path)[0] == "one"  # the second visit comes after the first one's write
    writer.close()


def test_a_disk_that_takes_a_little_at_a_time_gets_whole_lines(tmp_path, disk):
    disk.most = 7
    with begun(tmp_path) as writer:
        writer.marked("A:min7", 1.0)
    assert marks(tmp_path) == ["A:min7"]
    assert Take.read(tmp_path).garbage == 0


def test_a_full_disk_is_told_once_and_with_room_again_nothing_is_missing(tmp_path, disk):
    notices: list[str] = []
    writer = begun(tmp_path, notices)
    disk.full = True
    writer.marked("one", 1.0)
    disk.visited()
    for index in range(5):
        writer.marked(f"while full {index}", 2.0)
    assert notices == ["the take is not being written: No space left on device"]
    disk.full = False
    while len(notices) < 2:
        disk.asked.clear()
        writer.marked("then", 3.0)
        assert disk.asked.wait(LONG)
    writer.close()
    assert notices[1:] == ["the take is written again"]
    kept = marks(tmp_path)
    assert kept[:6] == ["one", *(f"while full {index}" for index in range(5))]
    assert {*kept[6:]} == {"then"}
    assert Take.read(tmp_path).lost == 0


def test_a_disk_that_stays_full_is_an_error_at_the_end_and_what_was_written_stays(tmp_path, disk):
    writer = begun(tmp_path)
    disk.full = True
    writer.marked("one", 1.0)
    with pytest.raises(TakeError, match="No space left on device"):
        writer.close()
    assert Take.read(tmp_path).header == HEADER


def test_a_disk_that_stalls_costs_lines_not_memory_and_the_log_says_how_many(tmp_path, disk, monkeypatch):
    monkeypatch.setattr(module, "WAITING", 10)
    writer = begun(tmp_path)
    disk.open.clear()
    disk.asked.clear()
    writer.marked("first", 0.0)
    assert disk.asked.wait(LONG)  # the thread holds the first, and waits
    for index in range(25):
        writer.marked(str(index), 0.0)
    disk.open.set()
    writer.close()
    assert marks(tmp_path) == ["first", *map(str, range(10))]
    assert Take.read(tmp_path).lost == 15


def test_a_fault_of_the_performance_is_not_hidden_by_one_of_the_disk(tmp_path, disk):
    def perform() -> None:
        with begun(tmp_path) as writer:
            disk.full = True
            writer.marked("one", 1.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        perform()


def test_a_log_that_is_there_is_never_written_over(tmp_path):
    (tmp_path / LOG).write_text("mine")
    with pytest.raises(TakeError, match="cannot be written"):
        begun(tmp_path)
    assert (tmp_path / LOG).read_text() == "mine"


def test_each_line_is_one_object_of_plain_text(tmp_path):
    with begun(tmp_path) as writer:
        writer.marked("a\nb 夜", 1.0)
    lines = (tmp_path / LOG).read_bytes().split(b"\n")
    assert len(lines) == 3
    assert lines[-1] == b""
    assert json.loads(lines[1]) == {"mark": "a\nb 夜", "at": 1.0}
