"""MIDI inputs under JACK: messages arrive in order with their moments, ports and servers that vanish come back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import PortError
from stream_v2m.core.inputs import InputState, Received
from stream_v2m.midi.binding import Binding
from stream_v2m.midi.binding_file import load_bindings
from stream_v2m.midi.input_port import INPUT_CLIENT, list_inputs
from stream_v2m.midi.inputs import Inputs
from tests.support.jack import PATIENCE, end, index_of, jack_server, start_jackd, wait_for_jackd

pytestmark = pytest.mark.integration

PERIOD = 128 / 48000  # of the tests' JACK server, seconds: what its stamps are fine to


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with jack_server():
        yield


class Peer:
    """A program with a MIDI output."""

    def __init__(self, name: str) -> None:
        import rtmidi

        self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)

    def open_virtual(self) -> Peer:
        self._out.open_virtual_port("out")
        return self

    def connect(self, name: str) -> Peer:
        self._out.open_port(index_of(name, self._out), "out")
        time.sleep(0.1)  # a new connection is deaf for a few periods
        return self

    def send(self, *messages: bytes) -> None:
        for message in messages:
            self._out.send_message(message)

    def close(self) -> None:
        self._out.delete()


@contextmanager
def peer(name: str) -> Iterator[Peer]:
    opened = Peer(name)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def started_again() -> Iterator[None]:
    """A JACK server of the same name as the one that died."""
    server = start_jackd()
    try:
        wait_for_jackd(server)
        yield
    finally:
        end(server)


def turn_wildly(hands: Peer) -> None:
    """More than may wait; the event loop has no turn meanwhile."""
    for number in range(4000):
        hands.send(bytes((0xB0, 7, number % 100)))
        if number % 50 == 0:
            time.sleep(0.005)
    hands.send(b"\xb0\x07\x7f")
    time.sleep(0.1)


class Listening:
    """Open inputs, and what they have brought."""

    def __init__(self, *specs: str) -> None:
        self.received: list[Received] = []
        self.told: list[tuple[InputState, ...]] = []
        self.clock = MonotonicClock()
        loop = asyncio.get_running_loop()
        self.inputs = Inputs(
            specs, self.received.append, changed=self.told.append, clock=self.clock, loop=loop, api="jack"
        )

    def __enter__(self) -> Listening:
        self.inputs.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.inputs.close()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        latest = self.clock.now() + PATIENCE
        while not condition():
            assert self.clock.now() < latest, f"{what} did not come: {self.inputs.states}"
            await asyncio.sleep(0.005)

    async def messages(self, count: int) -> list[bytes]:
        await self.until(lambda: len(self.received) >= count, f"{count} messages")
        return [received.message for received in self.received]


async def test_what_a_peer_sends_comes_whole_in_order_and_with_rising_moments():
    sent = [bytes((0xB0, 7, number % 128)) for number in range(500)] + [b"\xf8", b"\xfa", b"\x90\x3c\x40", b"\xc3\x07"]
    with Listening("virtual:knobs") as listening, peer("hands") as hands:
        hands.connect(f"{INPUT_CLIENT}:knobs")
        for message in sent:
            hands.send(message)
            await asyncio.sleep(0)
        assert await listening.messages(len(sent)) == sent
    moments = [received.moment for received in listening.received]
    assert moments == sorted(moments)
    assert listening.inputs.states[0].received == len(sent)


async def test_active_sensing_and_system_exclusive_are_left_out():
    with Listening("virtual:knobs") as listening, peer("hands") as hands:
        hands.connect("knobs").send(b"\xfe", b"\xf0\x01\x02\xf7", b"\xf8")
        assert await listening.messages(1) == [b"\xf8"]


async def test_a_moment_is_not_before_the_sending_nor_after_the_handing_over():
    spans = []
    with Listening("virtual:pulses") as listening, peer("master") as master:
        master.connect("pulses")
        for count in range(1, 200):
            begun = listening.clock.now()
            master.send(b"\xf8")
            await listening.messages(count)
            spans.append((begun, listening.clock.now()))
    for received, (begun, handed) in zip(listening.received, spans, strict=True):
        assert begun - PERIOD <= received.moment <= handed


async def test_messages_of_two_inputs_say_whose_they_are():
    with Listening("virtual:a", "port:giver") as listening, peer("giver") as giver, peer("hands") as hands:
        giver.open_virtual()
        hands.connect(f"{INPUT_CLIENT}:a").send(b"\xb0\x01\x02")
        await listening.messages(1)
        await listening.until(lambda: listening.inputs.states[1].name != "", "the giver's port")
        await asyncio.sleep(0.1)
        giver.send(b"\xb0\x03\x04")
        await listening.messages(2)
    assert [received.input for received in listening.received] == [0, 1]


async def test_a_port_that_vanishes_is_missed_and_taken_again_by_its_name():
    with Listening("port:coming and going") as listening:
        assert "no such MIDI port" in listening.inputs.states[0].problem
        for round_ in (1, 2):
            with peer("coming and going") as giver:
                giver.open_virtual()
                await listening.until(lambda: listening.inputs.states[0].problem == "", "the port")
                await asyncio.sleep(0.1)
                giver.send(bytes((0xB0, 1, round_)))
                assert (await listening.messages(round_))[-1][2] == round_
            await listening.until(lambda: listening.inputs.states[0].problem != "", "the loss")
        told = listening.told
        await listening.until(lambda: bool(told) and told[-1][0].name == "" and len(told) > 1, "the word of it")
    names = [name for name, _ in groupby(state.name for (state,) in told)]
    assert names == ["", "coming and going:out", "", "coming and going:out", ""]


async def test_inputs_outlive_a_jack_server_that_is_killed(capfd: pytest.CaptureFixture[str]):
    with jack_server() as doomed, Listening("virtual:knobs", "port:giver") as listening:
        assert listening.inputs.states[0].problem == ""
        doomed.kill()
        doomed.wait()
        await listening.until(lambda: all(state.problem for state in listening.inputs.states), "the loss")
        capfd.readouterr()
        await asyncio.sleep(1.5)  # at least one vain look
        with started_again():
            await listening.until(lambda: listening.inputs.states[0].problem == "", "the port")
            assert capfd.readouterr() == ("", "")  # JACK's library is not allowed to speak on a stage's terminal
            with peer("hands") as hands, peer("giver") as giver:
                giver.open_virtual()
                await listening.until(lambda: listening.inputs.states[1].problem == "", "the giver's port")
                await asyncio.sleep(0.1)
                hands.connect("knobs").send(b"\xb0\x01\x02")
                giver.send(b"\xb0\x03\x04")
                assert sorted(await listening.messages(2)) == [b"\xb0\x01\x02", b"\xb0\x03\x04"]
            listening.inputs.close()


async def test_a_flood_is_bounded_and_counted_and_the_knob_ends_where_it_was_left():
    with Listening("virtual:knobs") as listening, peer("hands") as hands:
        hands.connect("knobs")
        await asyncio.sleep(0.1)
        turn_wildly(hands)
        await listening.until(lambda: listening.inputs.states[0].received > 0, "anything")
        await listening.until(lambda: listening.received[-1].message == b"\xb0\x07\x7f", "the last")
        state = listening.inputs.states[0]
    assert state.dropped > 0 and state.lost_pulses == 0
    assert state.received == len(listening.received) <= 4001 - state.dropped


def test_inputs_that_can_be_listened_to_are_listed():
    with peer("a giver") as giver:
        giver.open_virtual()
        assert "a giver:out" in list_inputs("jack")


def test_without_a_server_an_input_is_an_error_with_the_cure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none")
    with pytest.raises(PortError, match="start JACK"):
        list_inputs("jack")


class TestOnTheCommandLine:
    @pytest.fixture
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        return tmp_path / "stream-v2m" / "bindings.toml"

    def learn(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "stream_v2m.cli.main", "learn", *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, program: subprocess.Popen[str]) -> str:
        said, complaint = program.communicate(timeout=60)
        return said + complaint

    def test_a_knob_that_is_turned_is_learnt_listed_and_forgotten(self, home: Path):
        with peer("nano") as nano:
            nano.open_virtual()
            program = self.learn("set_tempo", "when=bar", "--from", "port:nano", "-s", "player.api=jack")
            assert program.stdout is not None
            assert "move a knob" in program.stdout.readline()
            for value in range(0, 40, 2):
                nano.send(b"\xf8", bytes((0xB2, 21, value)))
                time.sleep(0.01)
            said = self.end(program)
        assert program.returncode == 0 and "controller 21 of channel 3" in said and str(home) in said
        assert load_bindings(home) == [Binding(command="set_tempo", arguments={"when": "bar"}, cc=21, channel=3)]
        assert "1  controller 21 of channel 3 → set_tempo when=bar bpm 20 to 300" in self.end(self.learn("--list"))
        assert "forgotten" in self.end(self.learn("--forget", "1"))
        assert load_bindings(home) == []

    def test_what_cannot_be_learnt_is_said_in_one_line(self, home: Path):
        for words, said in (
            (("mute", "--from", "virtual"), "mute: it wants more arguments, expected part=…"),
            (("tap", "--from", "port:no such thing"), "no such MIDI port"),
            (("tap", "--from", "virtual:nobody", "--timeout", "1"), "nothing was touched"),
            (("--forget", "7"), "no such binding"),
        ):
            program = self.learn(*words)
            assert said in self.end(program)
            assert program.returncode == 1
        assert not home.exists()
