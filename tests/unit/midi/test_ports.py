"""Ports that come and go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stream_v2m.core.errors import PortError
from stream_v2m.midi.ports import MISSING_EVERY, PRESENT_EVERY, SETTLE, SYNTH_EVERY, Ports

pytestmark = pytest.mark.unit


class Studio:
    """A room of instruments, each plugged in or not."""

    def __init__(self, *plugged: str) -> None:
        self.plugged = set(plugged)
        self.names: dict[str, str] = {}  # where they differ from the specification
        self.heard: list[tuple[str, bytes]] = []
        self.asked: list[str] = []

    def open(self, spec: str) -> Instrument:
        self.asked.append(spec)
        if spec not in self.plugged:
            raise PortError("no such MIDI port", where=spec)
        return Instrument(self.names.get(spec, spec), spec, self)


class Instrument:
    api = "studio"

    def __init__(self, name: str, plug: str, studio: Studio) -> None:
        self.name, self._plug, self._studio = name, plug, studio

    def send(self, message: bytes) -> None:
        if not self.present():
            raise PortError("broken pipe", where=self.name)
        self._studio.heard.append((self.name, message))

    def present(self) -> bool:
        return self._plug in self._studio.plugged

    def close(self) -> None: ...


def at_once(work: Callable[[], None]) -> None:
    work()


def look(ports: Ports, start: float, end: float) -> tuple[list[int], list[int]]:
    """Look whenever there is something to do, as the process does: what has gone and come back."""
    gone, back = [], []
    now = start
    while (now := max(now, ports.next_look())) <= end:
        left, returned = ports.look(now)
        gone += left
        back += returned
    return gone, back


def test_what_is_there_is_opened_and_the_rest_is_a_problem() -> None:
    ports = Ports(["a", "b"], Studio("b").open)
    assert ports.open(0.0) == [0]
    assert ports.names == ["b"]
    assert ports.problems == ["a: no such MIDI port"]
    assert ports.apis == {"studio"}


def test_without_any_port_each_is_looked_for_every_second_until_it_is_there() -> None:
    studio = Studio()
    ports = Ports(["a", "b"], studio.open, start=at_once)
    assert ports.open(0.0) == [0, 1]
    assert look(ports, 0.0, 4.5) == ([], [])
    assert 6 <= len(studio.asked) - 2 <= 8
    studio.plugged |= {"a", "b"}
    assert look(ports, 4.5, 4.5 + 2 * MISSING_EVERY) == ([], [0, 1])
    assert ports.names == ["a", "b"]
    assert ports.problems == []


def test_a_synthesizer_that_is_missing_is_tried_rarely() -> None:
    studio = Studio()
    ports = Ports(["synth"], studio.open, start=at_once)
    ports.open(0.0)
    look(ports, 0.0, 3 * SYNTH_EVERY + 1)
    assert len(studio.asked) == 4


def test_a_port_that_fails_at_sending_is_a_problem_until_it_has_come_back_and_settled() -> None:
    studio = Studio("a")
    ports = Ports(["a"], studio.open, start=at_once)
    ports.open(0.0)
    assert ports.send(0, b"\xf8", 0.1)
    studio.plugged.clear()
    assert not ports.send(0, b"\xfa", 0.2)
    assert ports.problems == ["a: broken pipe"]
    assert look(ports, 0.2, 2.0) == ([], [])
    studio.plugged.add("a")
    while not ports.names:
        assert not ports.send(0, b"\xfb", ports.next_look())
        opened = ports.next_look()
        ports.look(opened)
    assert ports.send(0, b"\xfc", opened)
    assert studio.heard == [("a", b"\xf8"), ("a", b"\xfc")]
    assert ports.problems == []


def test_a_port_that_is_found_again_is_given_time_to_settle_before_anything_is_sent() -> None:
    studio = Studio()
    ports = Ports(["a"], studio.open, start=at_once)
    ports.open(0.0)
    studio.plugged.add("a")
    assert look(ports, 0.0, MISSING_EVERY) == ([], [])
    found = ports.next_look()
    assert ports.look(found) == ([], [])
    assert not ports.send(0, b"\xfb", found)
    assert ports.next_look() == found + SETTLE
    assert ports.look(found + SETTLE) == ([], [0])
    assert ports.send(0, b"\xfb", found + SETTLE)


def test_a_port_that_vanishes_in_silence_is_noticed_soon() -> None:
    studio = Studio("a", "b")
    ports = Ports(["a", "b"], studio.open, start=at_once)
    ports.open(0.0)
    studio.plugged.remove("b")
    assert ports.look(PRESENT_EVERY / 2) == ([], [])
    assert ports.look(PRESENT_EVERY) == ([1], [])
    assert ports.names == ["a"]
    assert "b: " in ports.problems[0]


def test_a_port_that_was_named_by_its_place_is_taken_again_by_its_name() -> None:
    studio = Studio("port:0")
    studio.names["port:0"] = "Keystation:MIDI 1 24:0"
    ports = Ports(["port:0"], studio.open, start=at_once)
    ports.open(0.0)
    studio.plugged.clear()
    look(ports, 0.0, 3.0)
    assert set(studio.asked[1:]) == {"port:Keystation:MIDI 1"}


def test_while_one_attempt_lasts_no_other_begins_and_the_music_does_not_wait() -> None:
    studio, begun = Studio("b"), list[Callable[[], None]]()
    ports = Ports(["a", "b", "c"], studio.open, start=begun.append)
    ports.open(0.0)
    look(ports, 0.0, 5.0)
    assert len(begun) == 1
    assert ports.send(1, b"\xf8", 5.0)
    studio.plugged.add("a")
    begun[0]()
    assert look(ports, 5.0, 5.0 + PRESENT_EVERY + SETTLE) == ([], [0])
    assert len(begun) == 2
