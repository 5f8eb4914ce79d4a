"""Messages over the output that needs no MIDI system."""

from __future__ import annotations

import time

import pytest

from stream_v2m.cli.bench import wire
from stream_v2m.cli.bench.peer import LoopbackEar
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.midi.port import open_output

pytestmark = pytest.mark.integration

PATIENCE = 10.0  # seconds


def test_messages_arrive_whole_in_their_order_and_with_their_moments():
    clock = MonotonicClock()
    ear = LoopbackEar(clock)
    port = open_output(ear.output)
    began, sent = clock.now(), [bytes((0x90, pitch, 90)) for pitch in range(60, 70)]
    for message in sent:
        port.send(message)
    heard: list[tuple[float, bytes]] = []
    while len(heard) < len(sent) and clock.now() < began + PATIENCE:
        heard += ear.heard()
        time.sleep(0.001)
    assert [message for _, message in heard] == sent
    assert began <= heard[0][0] <= heard[-1][0] <= clock.now()
    port.close()
    ear.close()


def test_a_loopback_needs_the_number_of_a_port():
    with pytest.raises(ConfigError, match="no such kind of output"):
        open_output("loopback:somewhere")


def test_without_midi_and_without_jackd_the_wire_is_a_loopback_and_says_so(monkeypatch: pytest.MonkeyPatch):
    def silent(api: str = "auto") -> str:
        raise PortError("this system's MIDI does not answer")

    monkeypatch.setattr(wire, "current_api", silent)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with wire.open_wire() as opened:
        assert opened.api is None
        assert "loopback" in opened.text
