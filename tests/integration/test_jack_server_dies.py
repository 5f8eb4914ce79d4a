"""A JACK server that dies while we play: the music goes on without it, and it is taken again when it is back."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.state import PlayerState
from stream_v2m.core.values import MidiEvent, NoteEvent
from stream_v2m.midi.message import encode
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig
from tests.support.jack import PATIENCE, Listener, end, jack_server, start_jackd, wait_for_jackd

pytestmark = pytest.mark.integration

CONFIG = PlayerConfig(api="jack", realtime=False, stale_ms=5000.0)


class Performance:
    """A player that is kept alive until something is so."""

    def __init__(self, server: subprocess.Popen[bytes]) -> None:
        self.server = server
        self.clock = MonotonicClock()
        self.player = Player([Output("virtual:band", clock=True)], CONFIG, origin=self.clock.origin)
        self.player.start()

    def note(self, pitch: int) -> MidiEvent:
        return encode(NoteEvent(self.clock.now(), 30.0, pitch, 90, "test"), channel=1)

    def until(self, condition: Callable[[PlayerState], bool], what: str, *, play: bool = False) -> PlayerState:
        end_at = self.clock.now() + PATIENCE
        while not condition(state := self.player.poll()):
            assert self.clock.now() < end_at, f"{what} did not come: {state}"
            self.player.heartbeat()
            if play:
                self.player.send([self.note(50)])
            time.sleep(0.005)
        return state


@pytest.fixture
def performance() -> Iterator[Performance]:
    with jack_server() as server:
        performance = Performance(server)
        try:
            yield performance
        finally:
            performance.player.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("play", [True, False], ids=["playing", "silent"])
def test_the_server_dies_and_comes_back_and_so_does_the_port(
    performance: Performance, number: signal.Signals, play: bool
) -> None:
    performance.player.send([performance.note(60)])
    performance.until(lambda state: state.sounding == 1, "the note")
    performance.server.send_signal(number)
    performance.server.wait()
    lost = performance.until(lambda state: bool(state.problems), "the loss", play=play)
    assert "the JACK server has gone" in lost.problems[0]
    without = performance.until(
        lambda state: state.restarts == 1 and "JACK" in state.status, "word of the system", play=play
    )
    assert without.ports == () and without.sounding == 0
    assert "does not answer" in without.problems[0]
    server = start_jackd()
    try:
        wait_for_jackd(server)
        back = performance.until(lambda state: state.ports == ("stream_v2m:band",), "the port", play=play)
        assert back.problems == () and back.returns > 0
        ear = Listener("ear").connect("band")
        performance.until(lambda _: bool(ear.note_ons()), "a note", play=True)
        performance.player.close()
        ear.wait_for_silence()
        ear.close()
    finally:
        end(server)
