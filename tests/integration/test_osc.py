"""OSC over real UDP: commands in, answers, state and notes out, and nonsense counted."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from stream_v2m.control.obey import Obey
from stream_v2m.control.osc import Osc
from stream_v2m.control.osc_config import OscConfig
from stream_v2m.control.osc_packet import message
from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.commands.arrangement import Mute
from stream_v2m.core.commands.command import Command
from stream_v2m.core.errors import PortError
from stream_v2m.core.state import Board, State
from stream_v2m.core.values import NoteEvent, Track

pytestmark = pytest.mark.integration

LOOPBACK = "127.0.0.1"


class Ear(asyncio.DatagramProtocol):
    """Some other program that speaks OSC."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, list[object]]] = []
        self.packets: list[bytes] = []

    def datagram_received(self, data, addr):
        self.packets.append(data)
        self.heard += [(timed.message.address, timed.message.params) for timed in OscPacket(data).messages]

    async def until(self, address: str) -> list[object]:
        async with asyncio.timeout(10):
            while address not in dict(self.heard):  # noqa: ASYNC110 - a datagram gives no event here
                await asyncio.sleep(0.01)
        return dict(self.heard)[address]


class Show:
    """A board, a surface, and another program at both its ends."""

    def __init__(self) -> None:
        self.board = Board(State(chord=Chord.parse("D:min7"), bpm=120.0))
        self.given: list[Command] = []
        self.ear = Ear()

    @asynccontextmanager
    async def running(self, *, told=True, **config):
        loop = asyncio.get_running_loop()
        self.wire, _ = await loop.create_datagram_endpoint(lambda: self.ear, local_addr=(LOOPBACK, 0))
        port = self.wire.get_extra_info("sockname")[1]
        settings = OscConfig.model_validate({"to": [f"{LOOPBACK}:{port}"], "listen": 0, **config})
        obey = Obey(self.given.append, styles=["waltz"], allow_quit=settings.may_quit)
        self.osc = Osc(settings, board=self.board, obey=obey, clock=MonotonicClock())
        self.osc.open()
        try:
            async with asyncio.TaskGroup() as group:
                task = group.create_task(self.osc.run())
                if told:
                    await self.ear.until("/stream_v2m/phase")
                yield self
                task.cancel()
        finally:
            self.wire.close()

    def send(self, address: str, *arguments) -> None:
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        self.wire.sendto(builder.build().dgram, (LOOPBACK, self.osc.port))


async def test_the_state_is_told_and_told_again_when_it_changes():
    async with Show().running() as show:
        assert await show.ear.until("/stream_v2m/chord") == ["Dm7"]
        show.ear.heard.clear()
        show.board.update(chord=Chord.parse("G:7"))
        assert await show.ear.until("/stream_v2m/chord") == ["G7"]
        assert dict(show.ear.heard).keys() == {"/stream_v2m/chord"}


async def test_a_command_is_obeyed_and_answered():
    async with Show().running() as show:
        show.send("/stream_v2m/command/mute", "bass", 1, "bar")
        assert await show.ear.until("/stream_v2m/answer") == ["mute", 1, ""]
    assert show.given == [Mute(part="bass", on=True, when="bar")]


async def test_commands_are_heard_though_nobody_is_told_anything():
    async with Show().running() as teller, Show().running(to=[], told=False) as show:
        packet = message("/stream_v2m/command/tap").dgram
        teller.wire.sendto(packet, (LOOPBACK, show.osc.port))
        assert await teller.ear.until("/stream_v2m/answer") == ["tap", 1, ""]
        show.osc.played([NoteEvent(1.0, 0.5, 40, 90, "bass")])
    assert len(show.given) == 1
    assert show.osc.counts.sent == 1


async def test_a_wrong_command_is_answered_with_the_reason():
    async with Show().running() as show:
        show.send("/stream_v2m/command/set_style", "polka")
        name, done, reason = await show.ear.until("/stream_v2m/answer")
    assert (name, done) == ("set_style", 0)
    assert "no such style" in reason
    assert show.osc.counts.refused == 1


async def test_nonsense_is_counted_and_harms_nothing():
    async with Show().running() as show:
        for packet in (b"garbage", b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc", b"/elsewhere\0\0,\0\0\0"):
            show.wire.sendto(packet, (LOOPBACK, show.osc.port))
        show.send("/stream_v2m/command/tap", 1.0)
        await show.ear.until("/stream_v2m/answer")
    assert show.osc.counts.malformed == 3
    assert len(show.given) == 1


async def test_too_many_packets_are_not_listened_to():
    async with Show().running(commands_per_s=5) as show:
        for _ in range(50):
            show.send("/stream_v2m/command/tap")
        await show.ear.until("/stream_v2m/answer")
        async with asyncio.timeout(10):
            while show.osc.counts.received < 50:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert show.osc.counts.limited >= 35
    assert len(show.given) == show.osc.counts.obeyed <= 15


async def test_notes_are_bundles_with_the_time_at_which_they_sound():
    async with Show().running() as show:
        show.osc.arranged([Track("bass", 2)])
        onset = MonotonicClock().now() + 0.05
        show.osc.played([NoteEvent(onset, 0.5, 40, 90, "bass")])
        assert await show.ear.until("/stream_v2m/note") == ["bass", 40, 90, 0.5, 2]
        assert any(packet.startswith(b"#bundle\0") for packet in show.ear.packets)
        show.osc.released(onset)
        await show.ear.until("/stream_v2m/released")


def test_a_port_that_is_taken_is_an_error_at_once():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((LOOPBACK, 0))
        config = OscConfig.model_validate({"listen": other.getsockname()[1]})
        obey = Obey(print, styles=[], allow_quit=True)
        osc = Osc(config, board=Board(State()), obey=obey, clock=MonotonicClock())
        with pytest.raises(PortError, match="cannot be listened on"):
            osc.open()


@pytest.mark.parametrize(("listen", "may"), [("9000", True), ("127.0.0.1:9000", True), ("0.0.0.0:9000", False)])
def test_only_this_machine_may_end_the_performance_unless_it_is_allowed(listen, may):
    assert OscConfig.model_validate({"listen": listen}).may_quit is may
    assert OscConfig.model_validate({"listen": listen, "allow_quit": True}).may_quit
