"""Pictures put together from packets: each as soon as it is whole, and what is lost is not awaited for long."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Protocol

from aiortc.jitterbuffer import JitterFrame

from stream_v2m.sources.backlog import Codec, is_key_frame
from stream_v2m.sources.gaps import MOST, Gaps, Numbered

KEY_AFTER = 0.25  # seconds; a packet that was missed for so long may be lost for good, a key frame does without it
KEY_EVERY = 0.5  # seconds between two requests for one
PATIENCE = 1.0  # seconds; not everybody sends key frames when asked


class Packet(Numbered, Protocol):
    """An RTP packet as aiortc hands it on, with what it holds of a picture."""

    timestamp: int
    marker: int
    payload_type: int
    _data: bytes


class Assembly:
    """Takes the place of aiortc's jitter buffer.

    That one hands a picture on with the first packet of the *next* picture, one picture a packet at most, so that it
    stays late once it is, and waits 512 packets for one that is lost. This one believes the marker that ends a picture
    (until a sender belies it), hands on all that are whole, and where packets are missing goes on with the next key
    frame, which it asks for; after ``PATIENCE`` without one, with what came behind the gap.

    Args:
        take: is given every picture, in order.
        codecs: by payload type.
        gaps: has seen every packet before.
        now: the time in seconds.
    """

    def __init__(
        self,
        take: Callable[[tuple[Codec, JitterFrame]], None],
        codecs: Mapping[int, Codec],
        gaps: Gaps,
        now: Callable[[], float],
    ) -> None:
        self._take, self._codecs, self._gaps, self._now = take, codecs, gaps, now
        self._next: int | None = None  # the place of the packet that comes next
        self._waiting: dict[int, Packet] = {}  # by place, behind a gap
        self._picture: list[Packet] = []  # what is there of the next picture
        self._spoilt: int | None = None  # the timestamp of a picture that is not whole
        self._ended: int | None = None  # the timestamp of the picture that a marker ended
        self._marked = True  # whether markers are believed
        self._broken = False  # whether pictures build on one that was lost
        self._asked = -math.inf

    def add(self, packet: Packet) -> tuple[bool, None]:
        """Take a packet; whether to ask for a key frame. Pictures go to ``take``."""
        place = self._gaps.place(packet)
        if self._next is None:
            self._next = place
        if place >= self._next:
            self._waiting[place] = packet
            self._gather(self._next)
            while self._waiting and (beyond := self._beyond_the_gap(self._next, place)) is not None:
                self._pass_over(beyond)
        return self._wants_key_frame(), None

    def _gather(self, place: int) -> None:
        """Take what waits at ``place`` and without a gap after it."""
        while (packet := self._waiting.pop(place, None)) is not None:
            place += 1
            self._append(packet)
        self._next = place

    def _append(self, packet: Packet) -> None:
        if self._picture and packet.timestamp != self._picture[0].timestamp:
            self._end()
        if not packet._data or packet.timestamp == self._spoilt:  # padding; the rest of what is not whole
            return
        if packet.timestamp == self._ended:
            self._marked = False
        if len(self._picture) == MOST:  # no camera makes such a picture
            self._spoilt, self._broken = packet.timestamp, True
            self._picture.clear()
            return
        self._picture.append(packet)
        if packet.marker and self._marked:
            self._ended = packet.timestamp
            self._end()

    def _end(self) -> None:
        """The picture is whole."""
        codec, data = self._read(self._picture)
        self._broken = self._broken and not is_key_frame(codec.name, data)
        self._take((codec, JitterFrame(data, self._picture[0].timestamp)))
        self._picture.clear()

    def _read(self, packets: list[Packet]) -> tuple[Codec, bytes]:
        return self._codecs[packets[0].payload_type], b"".join(packet._data for packet in packets)

    def _beyond_the_gap(self, gap: int, newest: int) -> int | None:
        """Where to go on rather than to wait any longer for the packet of place ``gap``, if one should."""
        age = self._gaps.age(gap)
        if age is None or age >= PATIENCE or newest - gap > MOST:
            return min(self._waiting)
        return self._key_frame() if age >= KEY_AFTER else None

    def _key_frame(self) -> int | None:
        """The place of the first packet of a key frame that waits, whole."""
        start: int | None = None
        for before, place in pairwise(sorted(self._waiting)):
            packet = self._waiting[place]
            if place != before + 1:
                start = None
            elif packet.timestamp != self._waiting[before].timestamp:
                start = place
            if start is not None and packet.marker:
                codec, data = self._read([self._waiting[each] for each in range(start, place + 1)])
                if is_key_frame(codec.name, data):
                    return start
        return None

    def _pass_over(self, beyond: int) -> None:
        """Go on at place ``beyond``. What the gap has left of pictures is dropped."""
        known = beyond - 1 in self._waiting  # so a picture begins there
        self._picture.clear()
        self._spoilt = None if known else self._waiting[beyond].timestamp
        self._waiting = {place: packet for place, packet in self._waiting.items() if place >= beyond}
        self._broken = True
        self._gaps.forget(beyond)
        self._gather(beyond)

    def _wants_key_frame(self) -> bool:
        age = self._gaps.age(self._next) if self._next is not None else None
        if not (self._broken or (age is not None and age >= KEY_AFTER)) or self._now() - self._asked < KEY_EVERY:
            return False
        self._asked = self._now()
        return True
