"""What is missing is asked for at once, and again and again, until it comes or nobody waits for it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from stream_v2m.sources.gaps import ASK_AGAIN, MOST, Gaps

pytestmark = pytest.mark.unit


@dataclass
class Packet:
    sequence_number: int


@dataclass
class Stopped:
    """A clock that the test moves."""

    moment: float = 100.0

    def now(self) -> float:
        return self.moment


def test_what_is_whole_asks_for_nothing() -> None:
    gaps = Gaps(Stopped().now)
    assert not any(gaps.add(Packet(number % (1 << 16))) for number in range(65_000, 66_000))
    assert gaps.missing == set()


def test_what_is_missing_is_asked_for_at_once_and_again_until_it_comes() -> None:
    clock = Stopped()
    gaps = Gaps(clock.now)
    asked = []
    for number in (65_534, 2, 3, 4, 65_535, 0, 5, 1, 6):
        if gaps.add(Packet(number)):
            asked.append((number, gaps.missing))
        clock.moment += ASK_AGAIN / 2
    assert asked == [(2, {65_535, 0, 1}), (4, {65_535, 0, 1}), (0, {1})]
    assert gaps.missing == set()


def test_every_new_loss_is_asked_for_at_once() -> None:
    gaps = Gaps(Stopped().now)
    assert [gaps.add(Packet(number)) for number in (1, 3, 4, 6)] == [False, True, False, True]
    assert gaps.missing == {2, 5}


def test_it_tells_for_how_long_a_packet_was_missed() -> None:
    clock = Stopped()
    gaps = Gaps(clock.now)
    gaps.add(Packet(65_535))
    gaps.add(Packet(1))
    clock.moment += 0.25
    lost, there = gaps.place(Packet(0)), gaps.place(Packet(1))
    assert (gaps.age(lost), gaps.age(there)) == (0.25, None)
    gaps.forget(there)
    assert gaps.age(lost) is None
    assert gaps.missing == set()


@pytest.mark.parametrize("to", [40_002 + MOST + 1, 65_000, 40_002 - MOST - 1, 3])
def test_who_begins_anew_is_not_asked_for_what_lies_between(to: int) -> None:
    gaps = Gaps(Stopped().now)
    for number in (40_000, 40_002):
        gaps.add(Packet(number))
    before = gaps.place(Packet(40_002))
    assert not gaps.add(Packet(to))
    assert gaps.missing == set()
    assert gaps.place(Packet(to)) > before + MOST
    assert gaps.add(Packet(to + 2))
    assert gaps.missing == {to + 1}
