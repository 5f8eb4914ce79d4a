"""Whatever happens to a performance, not one note is left sounding: proved by what its peer received."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.jack import Listener, jack_server, wait_for

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with jack_server():
        yield


@contextmanager
def dense_player(name: str, ending: str = "") -> Iterator[tuple[subprocess.Popen[str], Listener]]:
    """The program, in a process group of its own, and a listener that has heard a few of its notes."""
    command = [sys.executable, "-m", "tests.support.dense_player", f"virtual:{name}", ending]
    program = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    listener = Listener(f"hears {name}")
    try:
        with program:
            try:
                assert program.stdin is not None and program.stdout is not None
                assert program.stdout.readline() == "ready\n"
                program.stdin.write("begin\n")
                program.stdin.flush()
                assert program.stdout.readline().strip().isdecimal()
                listener.connect(name)
                program.stdin.write("play\n")
                program.stdin.flush()
                listener.wait_for_notes(20)
                yield program, listener
            finally:
                program.kill()
    finally:
        listener.close()


def test_a_performance_that_ends_releases_its_notes_and_resets_the_controllers() -> None:
    with dense_player("ends", "stop") as (program, listener):
        assert program.wait(10) == 0
        listener.wait_for_silence()
        listener.wait_for(lambda: len(listener.controls(121)) >= 3, "the reset of three channels")
        assert len(listener.note_ons()) >= 20


def test_ctrl_c_releases_every_note() -> None:
    with dense_player("interrupted") as (program, listener):
        assert listener.sounding()
        os.killpg(program.pid, signal.SIGINT)
        listener.wait_for_silence()
        assert program.wait(10) != 0


def test_a_bug_in_the_performance_releases_every_note() -> None:
    with dense_player("buggy", "raise") as (program, listener):
        assert program.wait(10) == 1
        listener.wait_for_silence()


def test_a_performance_killed_without_warning_has_its_notes_released() -> None:
    with dense_player("killed") as (program, listener):
        assert listener.sounding()
        program.kill()
        listener.wait_for_silence()


def test_a_stopped_performance_has_its_notes_released_and_plays_on_when_continued() -> None:
    with dense_player("stopped") as (program, listener):
        assert listener.sounding()
        program.send_signal(signal.SIGSTOP)
        listener.wait_for_silence()
        heard = len(listener.note_ons())
        program.send_signal(signal.SIGCONT)
        listener.wait_for_notes(heard + 20)
        assert listener.sounding()
        program.kill()
        listener.wait_for_silence()


def test_a_player_process_that_is_told_to_terminate_releases_every_note() -> None:
    with dense_player("terminated") as (program, listener):
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(program.pid)], capture_output=True, text=True)
        assert listener.sounding()
        program.send_signal(signal.SIGSTOP)  # so that it does not start another
        os.kill(int(children.stdout.split()[0]), signal.SIGTERM)
        listener.wait_for_silence()


def test_no_player_process_outlives_its_performance() -> None:
    with dense_player("orphan") as (program, _):
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(program.pid)], capture_output=True, text=True)
        child = int(children.stdout.split()[0])
        program.kill()
        wait_for(lambda: not _runs(child), "the end of the player process")


def _runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")  # nobody may be there to reap it
