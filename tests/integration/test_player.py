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
from stream_v2m.core.values import ALL_PORTS, MidiEvent, NoteEvent, ProgramEvent
from stream_v2m.midi.message import encode
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig
from stream_v2m.midi.port import current_api, list_outputs, open_output
from tests.support.jack import PATIENCE, Listener, jack_server, wait_for

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


def test_a_listener_that_closes_and_comes_back_is_told_the_end_of_what_sounded() -> None:
    first = Listener("guest").open_virtual()
    with playing("port:guest") as on:
        on.player.send([on.note(60), on.note(64)])
        first.wait_for_notes(2)
        first.close()
        on.until(lambda state: bool(state.problems), "the loss")
        second = Listener("guest").open_virtual()
        assert on.until(lambda state: not state.problems, "the return").returns == 1
        ends = {encode(NoteEvent(0.0, 1.0, pitch, 90, "test"), channel=3).message[1] for pitch in (60, 64)}
        second.wait_for(lambda: {m[1] for _, m in second.messages if m[0] == 0x82} == ends, "the note-offs")
        second.close()


def test_a_port_that_does_not_exist_is_a_problem_that_names_those_that_do_until_it_appears(peer: Listener) -> None:
    with playing("port:nobody") as on:
        (problem,) = on.player.poll().problems
        assert "port:nobody: no such MIDI port, expected one of 'peer:in'" in problem
        assert on.player.poll().status == problem
        somebody = Listener("nobody").open_virtual()
        assert on.until(lambda state: state.ports == ("nobody:in",), "the port").problems == ()
        on.player.send([on.note(60)])
        somebody.wait_for_notes(1)
        somebody.close()


def test_without_a_midi_system_the_player_begins_and_says_the_cure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none")
    with playing("virtual") as on:
        state = on.player.poll()
        assert state.ports == ()
        assert "does not answer" in state.problems[0] and "modprobe snd-seq" in state.problems[0]
        on.player.send([on.note(60)])
        on.until(lambda state: state.dropped == 1, "the count of what nobody heard")
    with pytest.raises(PortError, match="does not answer"):
        list_outputs("jack")
    assert capfd.readouterr() == ("", ""), "the drivers' own words must not reach the terminal"


def test_a_second_player_of_the_same_name_gets_another_and_says_so() -> None:
    with playing("virtual") as first, playing("virtual") as second:
        assert first.player.poll().ports == ("stream_v2m:stream_v2m",)
        assert second.player.poll().ports == ("stream_v2m-01:stream_v2m",)
        ear = Listener("ear").connect("stream_v2m-01:stream_v2m")

        def heard() -> bool:  # a new connection is deaf for a moment
            first.player.send([first.note(60)])
            second.player.send([second.note(61)])
            return bool(ear.note_ons())

        wait_for(heard, "a note")
        assert {message[1] for message in ear.note_ons()} == {61}
        ear.close()


def test_the_clock_goes_where_it_is_wanted_and_is_stopped_at_the_end(peer: Listener) -> None:
    drums = Listener("drums").open_virtual()
    with playing("port:peer", "port:drums@clock-only") as on:
        now = on.clock.now()
        on.player.send([MidiEvent(now, ALL_PORTS, b"\xfa"), MidiEvent(now + 0.01, ALL_PORTS, b"\xf8"), on.note(60)])
        peer.wait_for_notes(1)
        drums.wait_for(lambda: len(drums.messages) == 2, "start and pulse")
    drums.wait_for(lambda: len(drums.messages) >= 3, "stop")
    assert [message for _, message in drums.messages] == [b"\xfa", b"\xf8", b"\xfc"]
    assert all(message[0] < 0xF0 for _, message in peer.messages)
    drums.close()


def test_a_performance_that_hangs_has_its_clock_stopped_and_the_return_is_counted(peer: Listener) -> None:
    with playing("port:peer@clock") as on:
        on.player.send([MidiEvent(on.clock.now(), ALL_PORTS, b"\xfa")])
        peer.wait_for(lambda: (0xFC,) in {tuple(message) for _, message in peer.messages}, "the stop")
        assert on.until(lambda state: state.returns > 0, "the return").restarts == 0


def test_a_player_process_that_is_killed_has_its_clock_stopped_by_the_next(peer: Listener) -> None:
    with playing("port:peer@clock") as on:
        on.player.send([MidiEvent(on.clock.now(), ALL_PORTS, b"\xfa")])
        peer.wait_for(lambda: len(peer.messages) == 1, "the start")
        assert on.player.pid is not None
        os.kill(on.player.pid, signal.SIGKILL)
        on.until(lambda state: state.restarts == 1 and state.status == "playing", "the restart")
        peer.wait_for(lambda: [message for _, message in peer.messages][-1] == b"\xfc", "the stop")


def test_what_a_dead_process_left_sounding_is_ended_even_if_the_performance_ends_at_once(peer: Listener) -> None:
    with playing("port:peer") as on:
        on.player.send([on.note(60)])
        peer.wait_for_notes(1)
        assert on.player.pid is not None
        os.kill(on.player.pid, signal.SIGKILL)
    peer.wait_for_silence()


def test_an_earlier_output_has_its_offset_in_the_lookahead_and_hears_a_note_before_a_later_one() -> None:
    early, late = Listener("early").open_virtual(), Listener("late").open_virtual()
    with playing("port:early@-200ms", "port:late@+200ms") as on:
        assert on.player.lookahead == pytest.approx(CONFIG.lookahead_ms / 1000 + 0.2)
        on.player.send([on.note(60, length=0.05, later=on.player.lookahead)])
    for listener in (early, late):
        listener.wait_for_notes(1)
        listener.wait_for_silence()
        listener.close()
    assert late.messages[0][0] - early.messages[0][0] > 0.2, "each has only its own offset"


def test_real_time_is_what_the_system_grants_and_the_status_says_which() -> None:
    ask = "from stream_v2m.midi.realtime import request_realtime; raise SystemExit(not request_realtime())"
    granted = subprocess.run([sys.executable, "-c", ask], check=False).returncode == 0
    with playing("virtual", config=CONFIG.model_copy(update={"realtime": True})) as on:
        assert on.player.poll().realtime is granted
    with playing("virtual") as on:
        assert on.player.poll().realtime is False


def test_ports_are_listed_and_opened_by_their_index(peer: Listener) -> None:
    assert list_outputs("jack") == ["peer:in"]
    assert current_api("jack") == "jack"
    port = open_output("port:0", "jack")
    assert port.name == "peer:in"
    port.send(b"\x90\x40\x40")
    peer.wait_for_notes(1)
    port.close()
