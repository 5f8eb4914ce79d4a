"""Pictures come whole and at once, in order, and never stop for a packet that does not come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_v2m.sources.assembly import KEY_AFTER, KEY_EVERY, PATIENCE, Assembly
from stream_v2m.sources.gaps import MOST, Gaps

pytestmark = pytest.mark.unit

TICK = 0.005  # seconds between packets
KEY, BETWEEN = b"\x00", b"\x01"  # VP8


@dataclass
class Codec:
    name: str = "VP8"


@dataclass
class Packet:
    sequence_number: int
    timestamp: int
    marker: int = 0
    _data: bytes = b""
    payload_type: int = 96


@dataclass
class Bench:
    """An assembly with a clock that goes on with every packet."""

    moment: float = 0.0
    pictures: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gaps = Gaps(lambda: self.moment)
        self.assembly = Assembly(self._take, {96: Codec()}, self.gaps, lambda: self.moment)

    def _take(self, item: tuple[object, object]) -> None:
        picture = item[1]
        self.pictures.append((picture.timestamp, picture.data))  # type: ignore[attr-defined]

    def send(self, packets: Iterable[Packet]) -> None:
        for packet in packets:
            self.gaps.add(packet)
            if self.assembly.add(packet)[0]:
                self.asked.append(self.moment)
            self.moment += TICK

    @property
    def timestamps(self) -> list[int]:
        return [timestamp for timestamp, _ in self.pictures]


def picture(timestamp: int, first: int, count: int = 2, *, key: bool = False, marked: bool = True) -> list[Packet]:
    """A picture in ``count`` packets, numbered from ``first``."""
    head = KEY if key else BETWEEN
    return [
        Packet(
            (first + place) % (1 << 16),
            timestamp,
            int(marked and place == count - 1),
            (head if place == 0 else b"") + bytes([timestamp % 256, place]),
        )
        for place in range(count)
    ]


def stream(count: int, *, first: int = 0, keys: Iterable[int] = (0,), marked: bool = True) -> list[Packet]:
    """So many pictures of two packets each; the timestamp is the picture's number."""
    keys = set(keys)
    return [
        packet
        for number in range(count)
        for packet in picture(number, first + 2 * number, key=number in keys, marked=marked)
    ]


def test_a_picture_is_handed_on_with_its_last_packet() -> None:
    bench = Bench()
    bench.send(picture(0, 65_535, 3, key=True)[:2])
    assert bench.pictures == []
    bench.send(picture(0, 65_535, 3, key=True)[2:])
    assert bench.pictures == [(0, b"\x00\x00\x00\x00\x01\x00\x02")]
    assert bench.asked == []


def test_without_markers_a_picture_ends_where_the_next_begins() -> None:
    bench = Bench()
    bench.send(stream(3, marked=False))
    assert bench.timestamps == [0, 1]


def test_markers_that_do_not_end_a_picture_are_believed_once_only() -> None:
    bench = Bench()
    packets = [Packet(place, place // 3, 1, bytes([place])) for place in range(12)]
    bench.send(packets)
    assert bench.pictures == [(0, b"\0"), (0, b"\1\2"), (1, b"\3\4\5"), (2, b"\6\7\10")]


def test_padding_belongs_to_no_picture() -> None:
    bench = Bench()
    bench.send([*picture(0, 0), Packet(2, 0), Packet(3, 0), *picture(1, 4), Packet(6, 1), *picture(2, 7)])
    assert bench.pictures == [(number, bytes([1, number, 0, number, 1])) for number in range(3)]


def test_all_that_waited_for_a_packet_come_with_it_and_what_comes_twice_counts_once() -> None:
    bench = Bench()
    packets = stream(6)
    bench.send(packets[:3] + packets[4:])
    assert bench.timestamps == [0]
    bench.send([packets[4], packets[3], packets[3], packets[0]])
    assert bench.timestamps == [0, 1, 2, 3, 4, 5]
    assert bench.asked == []


def test_a_key_frame_ends_the_wait_for_a_lost_packet() -> None:
    bench = Bench()
    until = round(KEY_AFTER / TICK / 2) + 5
    packets = stream(until + 5, keys=[0, 4, until])
    bench.send(packets[:2] + packets[3:])
    assert bench.timestamps == [0, 4, *range(5, until + 5)]
    assert len(bench.asked) <= 1


def test_who_sends_no_key_frame_is_asked_again_and_again_and_goes_on_behind_the_gap() -> None:
    bench = Bench()
    count = round((PATIENCE + 2 * KEY_EVERY) / TICK / 2)
    packets = stream(count, keys=[0, count - 1])
    bench.send(packets[:2] + packets[3:])
    assert bench.timestamps == [0, *range(2, count)]
    assert len(bench.asked) >= 3
    assert all(after - before >= KEY_EVERY for before, after in pairwise(bench.asked))
    asked = len(bench.asked)
    bench.send(stream(count, first=2 * count))
    assert len(bench.asked) == asked


def test_a_stream_that_begins_anew_is_followed_from_its_second_picture_on() -> None:
    bench = Bench()
    for first in (500, 40_000, 500):
        bench.send(stream(10, first=first))
    assert bench.timestamps == [*range(10), *range(1, 10), *range(1, 10)]
    assert len(bench.asked) == 1


def test_a_packet_that_could_not_be_read_is_not_awaited() -> None:
    bench = Bench()
    packets = stream(5)
    bench.gaps.add(packets[0])
    bench.assembly.add(packets[0])
    bench.gaps.add(packets[1])  # aiortc keeps what it cannot read to itself
    bench.send(packets[2:])
    assert bench.timestamps == [2, 3, 4]


@given(st.data())
def test_whatever_is_lost_pictures_are_whole_and_in_order_and_it_never_stops(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=20, max_size=60))
    first = data.draw(st.integers(0, (1 << 16) - 1))
    packets: list[Packet] = []
    whole: dict[int, bytes] = {}
    for number, size in enumerate(sizes):
        made = picture(number, first + len(packets), size, key=number % 16 == 0)
        whole[number] = b"".join(packet._data for packet in made)
        packets += made
    lost = data.draw(st.sets(st.integers(1, len(packets) - 1), max_size=len(packets) // 3))
    again = data.draw(st.sets(st.sampled_from(sorted(lost)))) if lost else set()
    bench = Bench()
    bench.send(packet for place, packet in enumerate(packets) if place not in lost)
    bench.send(packets[place] for place in sorted(again))
    count = round(PATIENCE / TICK) + 10
    after = [picture(len(sizes) + number, first + len(packets) + number, 1)[0] for number in range(count)]
    bench.send(after)
    assert bench.timestamps == sorted(set(bench.timestamps))
    assert all(whole.get(number, content) == content for number, content in bench.pictures)
    assert bench.timestamps[-1] == len(sizes) + count - 1
    assert bench.gaps.missing == set()


def test_a_picture_without_end_is_given_up() -> None:
    bench = Bench()
    bench.send(Packet(number, 0, 0, BETWEEN) for number in range(2 * MOST))
    assert bench.asked
    bench.send(picture(1, 2 * MOST, key=True))
    assert bench.timestamps == [1]


def test_it_never_holds_more_than_it_may() -> None:
    bench = Bench()
    for number in range(3 * MOST):
        if number % 900 != 899:
            bench.gaps.add(Packet(number, number, 1, BETWEEN))
            bench.assembly.add(Packet(number, number, 1, BETWEEN))
    assert len(bench.gaps.missing) <= MOST
    assert bench.timestamps[-1] >= 3 * MOST - MOST - 1
