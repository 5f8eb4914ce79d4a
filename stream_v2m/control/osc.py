"""OSC over UDP: live commands come in, the state and the notes go out, as they happen."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from stream_v2m.control.access import Buckets
from stream_v2m.control.address import LOOPBACK, HostPort
from stream_v2m.control.changes import Changes
from stream_v2m.control.faults import Fault
from stream_v2m.control.obey import Obey
from stream_v2m.control.osc_config import OscConfig
from stream_v2m.control.osc_packet import Malformed, Message, message, read
from stream_v2m.control.osc_words import ANSWER, COMMAND, RELEASED, arguments_of, note_bundles, say
from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import ConfigError, PortError, StreamV2MError
from stream_v2m.core.state import Board
from stream_v2m.core.values import MusicEvent, NoteEvent, Track
from stream_v2m.core.witness import Witness

PENDING = 64  # batches of notes that may wait; some seconds of dense music
UNSENT = 65536  # bytes that the system may keep waiting before more is dropped

Peer = tuple[str, int]


@dataclass(slots=True)
class OscCounts:
    """What came in and went out: packets, and commands among them."""

    received: int = 0
    malformed: int = 0
    limited: int = 0
    obeyed: int = 0
    refused: int = 0
    sent: int = 0
    unsent: int = 0


class Osc(Witness):
    """One surface: a witness that tells of notes, and a coroutine that tells the state and takes commands.

    Args:
        obey: gives a live command, or raises a ``Fault``.
    """

    def __init__(self, config: OscConfig, *, board: Board, obey: Obey, clock: Clock) -> None:
        self._config, self._board, self._obey, self._clock = config, board, obey, clock
        self.counts = OscCounts()
        self._targets: list[Peer] = []
        self._socket: socket.socket | None = None
        self._listening: asyncio.DatagramTransport | None = None
        self._sending: asyncio.DatagramTransport | None = None
        self._channels: dict[str, int] = {}
        self._notes: deque[list[NoteEvent] | None] = deque(maxlen=PENDING)  # None: all that sounded was ended
        self._fresh = asyncio.Event()
        self._bucket = Buckets(config.commands_per_s, config.commands_per_s, clock.now)

    def open(self) -> None:
        """Take the port and look the targets up.

        Raises:
            PortError: the port is taken, or a host is unknown.
        """
        self._targets = [_resolved(target) for target in self._config.to]
        if self._config.listen is not None:
            self._socket = _bound(self._config.listen)

    @property
    def port(self) -> int:
        """Where commands are taken; 0 if nowhere."""
        return 0 if self._socket is None else int(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Tell and listen until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            if self._socket is not None:
                self._listening, _ = await loop.create_datagram_endpoint(lambda: _Ear(self), sock=self._socket)
            if self._targets:
                own = ("0.0.0.0", 0)  # what arrives here is not read
                self._sending, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=own)
            async with asyncio.TaskGroup() as group:
                if self._sending is not None:
                    group.create_task(self._tell_state())
                    group.create_task(self._tell_notes())
                await asyncio.Event().wait()  # the ear hears by itself
        finally:
            for transport in (self._listening, self._sending):
                if transport is not None:
                    transport.close()

    def heard(self, packet: bytes, sender: Peer) -> None:
        """Obey the commands of a packet, and answer whoever sent it."""
        self.counts.received += 1
        if not self._bucket.take(sender[0]):
            self.counts.limited += 1
            return
        try:
            messages = read(packet)
        except Malformed:
            self.counts.malformed += 1
            return
        for each in messages:
            self._do(each, sender)

    def arranged(self, tracks: Sequence[Track]) -> None:
        self._channels = {track.name: track.channel for track in tracks}

    def played(self, events: Sequence[MusicEvent]) -> None:
        if self._config.notes and (notes := [event for event in events if isinstance(event, NoteEvent)]):
            self._put(notes)

    def released(self, at: float) -> None:
        self._put(None)

    def _put(self, notes: list[NoteEvent] | None) -> None:
        if not self._targets:
            return
        self.counts.unsent += len(self._notes) == PENDING
        self._notes.append(notes)
        self._fresh.set()

    def _do(self, said: Message, sender: Peer) -> None:
        if not said.address.startswith(COMMAND):
            self.counts.malformed += 1
            return
        name = said.address.removeprefix(COMMAND)
        error: StreamV2MError | None = None
        try:
            arguments = arguments_of(name, said.arguments)
            if arguments is None:
                return
            self._obey(name, arguments)
        except Fault as fault:
            error = fault.error
        except ConfigError as refused:
            error = refused
        self.counts.obeyed += error is None
        self.counts.refused += error is not None
        answer = message(ANSWER, name[:64], error is None, "" if error is None else str(error)[:512]).dgram
        if self._listening is not None:
            self._send(self._listening, answer, sender)
        if self._sending is not None:
            for target in self._targets:
                if target != sender:
                    self._send(self._sending, answer, target)

    async def _tell_state(self) -> None:
        with Changes(self._board, self._clock, say, usual=1 / self._config.rate_hz) as changes:
            while True:
                for address, values in (await changes.next()).items():
                    self._tell(message(address, *values).dgram)

    async def _tell_notes(self) -> None:
        while True:
            await self._fresh.wait()
            self._fresh.clear()
            while self._notes:
                notes = self._notes.popleft()
                if notes is None:
                    self._tell(message(RELEASED).dgram)
                    continue
                for packet in note_bundles(notes, self._channels, self._clock):
                    self._tell(packet)

    def _tell(self, packet: bytes) -> None:
        assert self._sending is not None
        for target in self._targets:
            self._send(self._sending, packet, target)

    def _send(self, transport: asyncio.DatagramTransport, packet: bytes, target: Peer) -> None:
        if transport.get_write_buffer_size() > UNSENT:  # type: ignore[attr-defined]
            self.counts.unsent += 1
            return
        transport.sendto(packet, target)
        self.counts.sent += 1


class _Ear(asyncio.DatagramProtocol):
    """Hands on what arrives."""

    def __init__(self, osc: Osc) -> None:
        self._osc = osc

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        self._osc.heard(data, addr)


def _resolved(address: HostPort) -> Peer:
    try:
        found = socket.getaddrinfo(address.host or LOOPBACK, address.port, socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        _refuse("no such host", address, error)
    host, port = found[0][4][:2]
    return str(host), int(port)


def _bound(address: HostPort) -> socket.socket:
    peer = _resolved(address)
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.bind(peer)
    except OSError as error:
        bound.close()
        _refuse("cannot be listened on", address, error)
    bound.setblocking(False)
    return bound


def _refuse(what: str, address: HostPort, error: Exception) -> NoReturn:
    raise PortError(what, where=f"OSC {address}", got=error) from error
