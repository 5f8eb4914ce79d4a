"""The slot between the event loop, which puts pictures, and the thread that takes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from stream_v2m.sources.newest import Newest

pytestmark = pytest.mark.unit


def test_the_newest_wins_and_the_others_are_counted() -> None:
    slot: Newest[int] = Newest()
    for number in range(5):
        slot.put(number)
    assert slot.take() == 4
    assert (slot.put_count, slot.dropped) == (5, 4)


def test_each_item_is_taken_once() -> None:
    slot: Newest[int] = Newest()
    taken = []
    for number in range(3):
        slot.put(number)
        taken.append(slot.take())
    assert (taken, slot.dropped) == ([0, 1, 2], 0)


def test_a_taker_waits_for_an_item_from_another_thread() -> None:
    slot: Newest[str] = Newest()
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(slot.take)
        slot.put("picture")
        assert taking.result(10) == "picture"


def test_closing_lets_a_taker_go_and_leaves_nothing() -> None:
    slot: Newest[str] = Newest()
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(slot.take)
        slot.close()
        assert taking.result(10) is None
    slot.put("too late")
    assert slot.take() is None
    assert slot.put_count == 0
