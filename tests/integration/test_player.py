"""The player under JACK: ports open, notes arrive, ports and processes that die come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import PortError
from stream_v2m.core.state import PlayerState
from stream_v2m.core.values import MidiEvent, NoteEvent, ProgramEvent
from stream_v2m.midi.message import encode
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig
from stream_v2m.midi.port import current_api, list_outputs, open_output
from tests.support.jack import PATIENCE, Listener, jack_server

pytestmark = pytest.mark.integration

CONFIG = PlayerConfig(api="jack", realtime=False, stale_ms=5000.0)  # on a busy machine nothing is too late


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with jack_server():
        yield


@pytest.fixture
def peer() -> Iterator[Listener]:
    listener = Listener("peer").open_virtual()
    yield listener
    listener.close()


class Playing:
    """A player with the clock that it follows."""

    def __init__(self, *outputs: str, config: PlayerConfig = CONFIG) -> None:
        self.clock = MonotonicClock()
        self.player = Player([Output.parse(output) for output in outputs], config, origin=self.clock.origin)

    def note(self, pitch: int, *, length: float = 30.0, later: float = 0.0) -> MidiEvent:
        return encode(NoteEvent(self.clock.now() + later, length, pitch, 90, "test"), channel=3)

    def until(self, condition: Callable[[PlayerState], bool], what: str) -> PlayerState:
        """Turn, heart beating, as a performance does, until ``condition`` holds."""
        end = self.clock.now() + PATIENCE
        while not condition(state := self.player.poll()):
            assert self.clock.now() < end, f"{what} did not come: {state}"
            self.player.heartbeat()
            time.sleep(0.005)
        return state


@contextmanager
def playing(*outputs: str, config: PlayerConfig = CONFIG) -> Iterator[Playing]:
    performance = Playing(*outputs, config=config)
    performance.player.start()
    try:
        yield performance
    finally:
        performance.player.close()


def test_every_note_on_that_was_sent_arrives_with_its_note_off(peer: Listener) -> None:
    with playing("port:peer") as on:
        on.player.send(on.note(40 + number, length=0.1, later=0.01 * number) for number in range(40))
        peer.wait_for_notes(40)
        peer.wait_for_silence()
        assert [message[1] for message in peer.note_ons()] == list(range(40, 80))


def test_a_virtual_port_appears_under_its_name_and_is_gone_after_closing() -> None:
    with playing("virtual:house band"):
        listener = Listener("ear").connect("stream_v2m:house band")
        listener.close()
    late = Listener("late")
    assert not any("house band" in port for port in late._input.get_ports())
    late.close()


def test_what_is_due_within_the_lookahead_is_still_played_at_closing_and_what_is_later_is_not(peer: Listener) -> None:
    with playing("port:peer", config=CONFIG.model_copy(update={"lookahead_ms": 300.0})) as on:
        on.player.send([on.note(60, later=0.1), on.note(61, later=5.0)])
    peer.wait_for_silence()
    assert [message[1] for message in peer.note_ons()] == [60]
    assert peer.controls(121)


def test_panic_ends_what_sounds_and_forgets_what_is_queued(peer: Listener) -> None:
    with playing("port:peer") as on:
        on.player.send([on.note(60), on.note(61, later=0.2)])
        peer.wait_for_notes(1)
        on.player.release_all()
        peer.wait_for_silence()
        on.player.send([on.note(62, later=0.3)])
        on.until(lambda _: len(peer.note_ons()) == 2, "the note after the panic")
        assert [message[1] for message in peer.note_ons()] == [60, 62]


def test_a_performance_without_a_heartbeat_is_released_and_goes_on_when_it_returns(peer: Listener) -> None:
    with playing("port:peer") as on:
        on.player.send([on.note(60)])
        peer.wait_for_notes(1)
        peer.wait_for_silence()
        on.player.send([on.note(62)])
        peer.wait_for_notes(2)


def test_a_player_process_that_is_killed_is_started_again_and_ends_what_it_left_sounding(peer: Listener) -> None:
    with playing("port:peer") as on:
        on.player.send([encode(ProgramEvent(0.0, 33, "test"), channel=3), on.note(60), on.note(64)])
        peer.wait_for_notes(2)
        assert on.player.pid is not None
        os.kill(on.player.pid, signal.SIGKILL)
        on.until(lambda state: state.restarts == 1 and state.status == "playing", "the restart")
        peer.wait_for_silence()
        peer.wait_for(lambda: len(peer.controls(121)) == 1, "the reset of the controllers")
        peer.wait_for(lambda: [message for _, message in peer.messages].count(b"\xc2\x21") == 2, "the program again")
        on.player.send([on.note(67, length=0.05)])
        peer.wait_for_notes(3)


def test_garbage_on_the_link_is_skipped_and_the_music_goes_on(peer: Listener) -> None:
    with playing("port:peer") as on:
        assert on.player._child is not None
        wire = on.player._child.link._end
        for garbage in (
            b"\x00\xff\n",
            b'["play",1.0,99,"903c64",null]\n',
            b'["play",0.0,0,"90",null]\n',
            b'["play",NaN,0,"903c64",1]\n',
            b'["play","now",0,"903c64"]\n',
            b'["close"]\n["shout",1]\n["play",0.0,0,"903c6',
        ):
            wire.send(garbage)
        wire.send(b"\n")
        on.player.send([on.note(62)])
        peer.wait_for_notes(1)
        assert [message[1] for message in peer.note_ons()] == [62]
        assert on.player.poll().restarts == 0


def test_the_player_process_imports_nothing_heavy() -> None:
    heavy = {"numpy", "pydantic", "asyncio", "onnxruntime", "av", "multiprocessing"}
    program = f"import sys, stream_v2m.midi.process, stream_v2m.midi.rtmidi_client; print({heavy} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_a_port_that_vanishes_is_reported_and_taken_again_by_name_with_its_programs() -> None:
    first = Listener("guest").open_virtual()
    with playing("port:guest", "virtual") as on:
        on.player.send([encode(ProgramEvent(0.0, 33, "test"), channel=3), on.note(60)])
        first.wait_for_notes(1)
        first.close()
        lost = on.until(lambda state: "guest" in state.status, "the loss")
        assert lost.ports == ("stream_v2m-01:stream_v2m",)
        second = Listener("guest").open_virtual()
        on.until(lambda state: state.status == "playing" and len(state.ports) == 2, "the return")
        second.wait_for(lambda: (0xC2, 33) in {tuple(message) for _, message in second.messages}, "the program")
        on.player.send([on.note(64)])
        second.wait_for_notes(1)
        second.close()


def test_a_port_that_does_not_exist_is_refused_with_the_names_of_those_that_do(peer: Listener) -> None:
    with pytest.raises(PortError, match=r"port:nobody: no such MIDI port, expected one of 'peer:in'"):
        Playing("port:nobody").player.start()


def test_without_a_midi_system_the_error_says_the_cure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none")
    with pytest.raises(PortError, match=r"does not answer.*modprobe snd-seq"):
        Playing("virtual").player.start()
    with pytest.raises(PortError, match="does not answer"):
        list_outputs("jack")
    assert capfd.readouterr() == ("", ""), "the drivers' own words must not reach the terminal"


def test_ports_are_listed_and_opened_by_their_index(peer: Listener) -> None:
    assert list_outputs("jack") == ["peer:in"]
    assert current_api("jack") == "jack"
    port = open_output("port:0", "jack")
    assert port.name == "peer:in"
    port.send(b"\x90\x40\x40")
    peer.wait_for_notes(1)
    port.close()
