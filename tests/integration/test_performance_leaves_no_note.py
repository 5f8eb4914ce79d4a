import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.faulty_performance import BREAKS
from tests.support.jack import Listener, jack_server

pytestmark = pytest.mark.integration

PATIENCE = 20  # seconds that a process may take to end on a busy machine


@pytest.fixture(scope="module", autouse=True)
def jack() -> Iterator[None]:
    with jack_server():
        yield


@contextmanager
def performing(*command: str, port: str) -> Iterator[tuple[subprocess.Popen[bytes], Listener]]:
    """A performance in a process of its own, of which some notes have been heard."""
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        listener = Listener(f"peer-{port}").connect(port)
        listener.wait_for_notes(5)
        yield process, listener
        listener.close()
    finally:
        process.kill()
        process.communicate()


def playing(port: str) -> tuple[str, ...]:
    return "stream_v2m.cli.main", "play", "film:", "--to", f"virtual:{port}", "--quiet"


def test_control_c_ends_on_a_cadence_and_leaves_no_note():
    with performing(*playing("cadence"), port="cadence") as (process, listener):
        heard = len(listener.note_ons())
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        listener.wait_for_silence()
        assert len(listener.note_ons()) > heard, "the cadence was not heard"


def test_a_second_control_c_ends_at_once_and_leaves_no_note():
    with performing(*playing("twice"), port="twice") as (process, listener):
        process.send_signal(signal.SIGINT)
        listener.wait_for_notes(len(listener.note_ons()) + 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        listener.wait_for_silence()


def test_a_request_to_terminate_ends_at_once_and_leaves_no_note():
    with performing(*playing("terminated"), port="terminated") as (process, listener):
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        listener.wait_for_silence()


def test_a_killed_performance_leaves_no_note():
    with performing(*playing("killed"), port="killed") as (process, listener):
        process.kill()
        listener.wait_for_silence()
        assert not listener.sounding()


def test_a_frozen_performance_leaves_no_note():
    with performing(*playing("frozen"), port="frozen") as (process, listener):
        process.send_signal(signal.SIGSTOP)
        listener.wait_for_silence()
        assert not listener.sounding()


def test_a_killed_player_leaves_no_note_and_the_music_goes_on():
    with performing(*playing("player"), port="player") as (process, listener):
        children = subprocess.run(
            ["ps", "--ppid", str(process.pid), "-o", "pid=,args="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        (player,) = (int(line.split()[0]) for line in children if "stream_v2m.midi.process" in line)
        os.kill(player, signal.SIGKILL)
        again = Listener("peer-again").connect("player")
        again.wait_for_notes(5)
        before = listener.sounding()
        released = {(m[0] & 0x0F, m[1]) for _, m in again.messages if m[0] & 0xF0 == 0x80 or m[0] & 0xF0 == 0x90}
        again.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert before <= released, "notes of the dead player were not ended by the new one"


@pytest.mark.parametrize("stage", BREAKS)
def test_an_exception_in_any_stage_leaves_no_note_and_is_not_hidden(stage: str):
    port = f"broken-{stage}"
    with performing("tests.support.faulty_performance", stage, port, port=port) as (process, listener):
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode not in (0, None)
        assert b"broken on purpose" in errors
        listener.wait_for_silence()
