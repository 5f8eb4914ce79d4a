"""Clocks between real programs: ours read by others, others' followed by us, and an Ableton Link session."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.inputs import Received
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.midi.ableton_link import LinkConfig, LinkPeer
from stream_v2m.midi.channel_message import START, STOP, TIMING_CLOCK
from stream_v2m.midi.clock_in import ClockFollower, FollowConfig, Transport
from stream_v2m.midi.clock_out import ClockConfig, ClockOut
from stream_v2m.midi.inputs import Inputs
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig
from tests.support.jack import PATIENCE, Listener, jack_server, wait_for
from tests.support.require import missing, require

pytestmark = [pytest.mark.integration, pytest.mark.alone]

OFF = 0.12  # share by which a JACK server's own seconds are longer than ours while the machine is busy


@pytest.fixture
def server() -> Iterator[None]:
    with jack_server():
        yield


class Sending:
    """Our clock, through the player, to a port that others connect to."""

    def __init__(self, bpm: float) -> None:
        clock = MonotonicClock()
        self.now, self.tempo = clock.now, InternalTempo(bpm)
        self.clock = ClockOut(ClockConfig(), beats_per_bar=4)
        config = PlayerConfig(api="jack", realtime=False, stale_ms=5000.0)
        self.player = Player([Output.parse("virtual:pulses@clock-only")], config, origin=clock.origin)
        self.player.start()
        self.tempo.start(clock.now() + 0.5)
        self.clock.begin(clock.now())

    def until(self, condition: Callable[[], bool], what: str) -> None:
        end = self.now() + PATIENCE
        while not condition():
            assert self.now() < end, f"{what} did not come"
            self.player.send(self.clock.events(self.now() + self.player.lookahead, self.tempo))
            self.player.heartbeat()
            self.player.poll()
            time.sleep(0.005)

    def until_beat(self, beat: float) -> None:
        self.until(lambda: self.tempo.beat_at(self.now()) >= beat, f"beat {beat}")


@contextmanager
def sending(bpm: float) -> Iterator[Sending]:
    ours = Sending(bpm)
    try:
        yield ours
    finally:
        ours.player.close()


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_our_pulses_arrive_whole_between_start_and_stop(server: None) -> None:
    with sending(150) as ours:
        listener = Listener("ear").connect("stream_v2m:pulses")
        ours.until_beat(0.5)
        ours.clock.start(4.0)
        ours.until_beat(8.02)
        ours.clock.stop(ours.tempo.time_at(8.25))
        ours.until(lambda: bytes((STOP,)) in arrived(listener), "Stop")
        listener.close()
    messages = arrived(listener)
    begun, ended = messages.index(bytes((START,))), messages.index(bytes((STOP,)))
    assert set(messages[begun + 1 : ended]) == {bytes((TIMING_CLOCK,))}
    assert ended - begun - 1 == pytest.approx(4.25 * 24, abs=1)


def arrived(listener: Listener) -> list[bytes]:
    return [message for _, message in listener.messages]


def test_a_real_reader_of_clocks_reads_our_tempo_and_transport(server: None) -> None:
    require("jack_mclk_dump")
    with sending(96) as ours, running("jack_mclk_dump", "-n", "stream_v2m:pulses") as reader:
        ours.until_beat(1.0)
        ours.clock.start(4.0)
        ours.until_beat(8.0)
        ours.clock.stop(ours.now())
        ours.until_beat(8.5)
        reader.terminate()
        said = reader.communicate(timeout=PATIENCE)[0]
    begun, ended = said.index("(0xfa)"), said.index("(0xfc)")
    assert said.count("EVENT") == 2, said
    assert said[begun:ended].count("CLK") == pytest.approx(4 * 24, abs=24 * 96 / 60 * 0.1)  # Stop came within a look
    assert re.search(r"flt: +\d+\.\d+\[BPM\]", said[begun:ended]), said


class Following:
    """A tempo that follows what an input brings."""

    def __init__(self) -> None:
        self.clock, self.tempo = MonotonicClock(), InternalTempo(120)
        self.follower = ClockFollower(self.tempo, FollowConfig(), beats_per_bar=4)
        self.transports: list[Transport] = []

    def receive(self, received: Received) -> None:
        transport = self.follower.receive(received.moment, received.message)
        if transport is not None:
            self.transports.append(transport)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        end = self.clock.now() + PATIENCE
        while not condition():
            assert self.clock.now() < end, f"{what} did not come; {self.follower.status}, {self.transports}"
            self.follower.tend(self.clock.now())
            await asyncio.sleep(0.01)


def test_a_real_clock_is_followed_from_start_to_stop(server: None) -> None:
    require("jack_midi_clock", "jack_transport")

    async def follow() -> Following:
        ours = Following()
        loop = asyncio.get_running_loop()
        inputs = Inputs(
            ["port:jack_midi_clock"], ours.receive, changed=lambda _: None, clock=ours.clock, loop=loop, api="jack"
        )
        with running("jack_midi_clock", "-b", "100", "-B"):
            try:
                inputs.open()
                await ours.until(lambda: bool(inputs.states[0].name), "the port")
                transport("play")
                await ours.until(lambda: ours.transports == [Transport.START], "Start")
                assert (ours.follower.running, ours.follower.joined % 4) == (True, 0)
                await ours.until(lambda: ours.tempo.beat_at(ours.clock.now()) > ours.follower.joined + 5, "beat 5")
                assert ours.follower.status.startswith("following")
                assert ours.tempo.bpm == pytest.approx(100, rel=OFF)
                transport("stop")
                await ours.until(lambda: ours.transports[-1] is Transport.STOP, "Stop")
                await ours.until(lambda: ours.follower.status.startswith("held"), "the silence")
            finally:
                inputs.close()
        return ours

    assert asyncio.run(follow()).transports == [Transport.START, Transport.STOP]


def transport(word: str) -> None:
    """Set JACK's transport rolling, or stop it."""
    subprocess.run(["jack_transport"], input=f"{word}\n", text=True, capture_output=True, timeout=PATIENCE, check=False)


LINK_PEER = """
import sys
from time import sleep
from link import Link
link = Link(float(sys.argv[1]))
link.startStopSyncEnabled = link.enabled = True
for line in sys.stdin:
    state, now = link.captureAppSessionState(), link.clock().micros()
    word, _, value = line.strip().partition(" ")
    if word == "tempo":
        state.setTempo(float(value), now)
        link.commitAppSessionState(state)
    elif word == "play":
        state.setIsPlaying(True, now)
        link.commitAppSessionState(state)
    print(link.numPeers(), state.tempo(), state.phaseAtTime(now, 4.0), flush=True)
"""


class LinkedProgram:
    """Another program in the Link session."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, words: str) -> tuple[int, float, float]:
        """Peers, tempo and place in the bar, there and then."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        peers, bpm, phase = self._process.stdout.readline().split()
        return int(peers), float(bpm), float(phase)


@contextmanager
def linked_program(bpm: float) -> Iterator[LinkedProgram]:
    if importlib.util.find_spec("link") is None:
        missing("LinkPython-extern (the extra `link`) is not installed")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", LINK_PEER, str(bpm)], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield LinkedProgram(process)
        finally:
            process.kill()


def test_two_programs_in_a_link_session_share_tempo_bar_and_start() -> None:
    with linked_program(100) as other:
        other.say("hello")
        time.sleep(1.0)  # the older session is the one that stays
        clock, tempo = MonotonicClock(), InternalTempo(130)
        peer = LinkPeer(tempo, LinkConfig(start_stop=True), beats_per_bar=4, clock=clock)
        asked = []

        def polled(condition: Callable[[], bool]) -> Callable[[], bool]:
            def turn() -> bool:
                asked.append(peer.poll())
                return condition()

            return turn

        try:
            try:
                wait_for(polled(lambda: peer.peers > 0), "the other peer")
            except AssertionError:
                missing("multicast does not reach the other program here")
            wait_for(polled(lambda: abs(tempo.bpm - 100) < 0.1), "their tempo")
            wait_for(polled(lambda: away(other, tempo, clock) < 0.1), "their place in the bar")
            peer.set_tempo(90)
            wait_for(lambda: abs(other.say("hello")[1] - 90) < 0.1, "our tempo, with them")
            other.say("tempo 110")
            wait_for(polled(lambda: abs(tempo.bpm - 110) < 0.1), "the tempo that they set")
            other.say("play")
            wait_for(polled(lambda: Transport.START in asked), "their start")
        finally:
            peer.close()


def away(other: LinkedProgram, tempo: InternalTempo, clock: MonotonicClock) -> float:
    """Beats between our place in the bar and theirs, in either direction."""
    before, (_, _, phase), after = clock.now(), other.say("hello"), clock.now()
    return abs((tempo.beat_at((before + after) / 2) - phase + 2) % 4 - 2)
