"""The link between the player and its process."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from stream_v2m.midi.link import CAPACITY, MAX_LINE, Link

pytestmark = pytest.mark.unit


@pytest.fixture
def ends() -> Iterator[tuple[Link, socket.socket]]:
    ours, theirs = socket.socketpair()
    link = Link(ours)
    yield link, theirs
    link.close()
    theirs.close()


def test_messages_arrive_in_order_as_they_were_put(ends: tuple[Link, socket.socket]) -> None:
    link, other = ends
    reader = Link(other)
    link.put("play", 1.25, 0, "903c64", None)
    link.put("beat")
    assert reader.receive() == []
    link.flush()
    assert reader.receive() == [["play", 1.25, 0, "903c64", None], ["beat"]]


def test_a_message_in_pieces_is_put_together(ends: tuple[Link, socket.socket]) -> None:
    link, other = ends
    other.send(b'["be')
    assert link.receive() == []
    other.send(b'at"]\n["pan')
    assert link.receive() == [["beat"]]


def test_a_truncated_last_message_is_no_message_and_the_end_is_seen(ends: tuple[Link, socket.socket]) -> None:
    link, other = ends
    other.send(b'["beat"]\n["play",1.0,0,"90')
    other.close()
    assert link.receive() == [["beat"]]
    assert link.ended


@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00", b"[1,2]", b"{}", b'"beat"', b"[]", b'["beat"', b""])
def test_garbage_is_skipped_and_counted(ends: tuple[Link, socket.socket], garbage: bytes) -> None:
    link, other = ends
    other.send(garbage + b'\n["beat"]\n')
    assert link.receive() == [["beat"]]
    assert link.garbled == 1


def test_a_line_without_end_does_not_fill_the_memory(ends: tuple[Link, socket.socket]) -> None:
    link, other = ends
    for _ in range(8):
        other.send(b"x" * (MAX_LINE // 2))
        assert link.receive() == []
    assert len(link._arriving) <= MAX_LINE
    other.send(b'x\n["beat"]\n')
    assert link.receive() == [["beat"]]


def test_a_reader_that_hangs_costs_notes_which_are_counted_and_nothing_else(ends: tuple[Link, socket.socket]) -> None:
    link, other = ends
    put = dropped = 0
    while dropped < 10:
        put += 1
        dropped += not link.put("play", put, droppable=True)
        link.flush()
    assert link.put("panic")
    assert link.dropped == dropped
    assert link.backlog >= CAPACITY
    received = _all_of(link, other)
    assert len(received) == put - dropped + 1
    assert received[-1] == ["panic"]


def test_what_was_dropped_on_purpose_does_not_arrive_and_the_rest_does(ends: tuple[Link, socket.socket]) -> None:
    link, other = ends
    link.put("play", 1, droppable=True)
    link.put("program", 2)
    link.drop()
    assert _all_of(link, other) == [["program", 2]]
    assert link.dropped == 1


def test_when_the_other_end_is_gone_nothing_raises_and_nothing_waits(ends: tuple[Link, socket.socket]) -> None:
    link, other = ends
    other.close()
    link.put("panic")
    link.flush()
    assert link.receive() == []
    assert link.ended
    assert not link.put("play", droppable=True)


def _all_of(link: Link, other: socket.socket) -> list[object]:
    other.setblocking(False)
    received = b""
    while link.backlog:
        link.flush()
        received += other.recv(1 << 20)
    return [json.loads(line) for line in received.splitlines()]
