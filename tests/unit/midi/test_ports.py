"""Ports that come and go."""

from __future__ import annotations

import pytest

from stream_v2m.core.errors import PortError
from stream_v2m.midi.ports import LOOK_EVERY, SETTLE, Ports

pytestmark = pytest.mark.unit


class Studio:
    """A room of instruments, each plugged in or not."""

    def __init__(self, *plugged: str) -> None:
        self.plugged = set(plugged)
        self.heard: list[tuple[str, bytes]] = []

    def open(self, spec: str) -> Instrument:
        if spec not in self.plugged:
            raise PortError("no such MIDI port", where=spec)
        return Instrument(spec, self)


class Instrument:
    def __init__(self, name: str, studio: Studio) -> None:
        self.name, self._studio = name, studio

    def send(self, message: bytes) -> None:
        if not self.present():
            raise PortError("broken pipe", where=self.name)
        self._studio.heard.append((self.name, message))

    def present(self) -> bool:
        return self.name in self._studio.plugged

    def close(self) -> None: ...


def test_one_port_of_two_is_enough_to_begin_and_the_other_is_a_problem() -> None:
    ports = Ports(["a", "b"], Studio("b").open)
    ports.open(0.0)
    assert ports.names == ["b"]
    assert ports.problems == ["a: no such MIDI port"]


def test_without_any_port_the_first_error_is_raised() -> None:
    with pytest.raises(PortError, match=r"^a: "):
        Ports(["a", "b"], Studio().open).open(0.0)


def test_a_port_that_fails_at_sending_is_a_problem_until_it_has_come_back_and_settled() -> None:
    studio = Studio("a")
    ports = Ports(["a"], studio.open)
    ports.open(0.0)
    assert ports.send(0, b"\xf8")
    studio.plugged.clear()
    assert not ports.send(0, b"\xfa")
    assert ports.problems == ["a: broken pipe"]
    assert ports.look(LOOK_EVERY) == ([], [])
    studio.plugged.add("a")
    assert ports.look(2 * LOOK_EVERY) == ([], [])
    assert not ports.send(0, b"\xfb")
    assert ports.next_look() == 2 * LOOK_EVERY + SETTLE
    assert ports.look(2 * LOOK_EVERY + SETTLE) == ([], [0])
    assert ports.send(0, b"\xfc")
    assert studio.heard == [("a", b"\xf8"), ("a", b"\xfc")]
    assert ports.problems == []


def test_a_port_that_vanishes_in_silence_is_noticed_within_a_second() -> None:
    studio = Studio("a", "b")
    ports = Ports(["a", "b"], studio.open)
    ports.open(0.0)
    studio.plugged.remove("b")
    assert ports.look(LOOK_EVERY / 2) == ([], [])
    assert ports.look(LOOK_EVERY) == ([1], [])
    assert ports.names == ["a"]
    assert ports.problems == ["b: no such MIDI port"]
