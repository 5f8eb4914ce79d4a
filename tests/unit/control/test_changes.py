"""Changes: each topic when it changed, at most so often, the newest value wins."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from stream_v2m.control.changes import Changes
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.state import Board, State

pytestmark = pytest.mark.unit


def told(*updates: tuple[float, dict[str, object]], until: float, intervals=None, reading=0.0):
    """What one listener took, with the moments; it needs ``reading`` seconds for each."""

    async def main():
        clock, board, taken = VirtualClock(), Board(State()), []

        async def listen():
            say = lambda state: {"bpm": state.bpm, "step": state.step}  # noqa: E731
            with Changes(board, clock, say, intervals=intervals, usual=0.1) as changes:
                while True:
                    news = await changes.next()
                    taken.append((round(clock.now(), 3), news))
                    await clock.sleep_until(clock.now() + reading)

        async def turn():
            for moment, fields in updates:
                await clock.sleep_until(moment)
                board.update(**fields)
            await clock.sleep_until(until)
            raise TimeoutError

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(listen())
                group.create_task(turn())
        except* TimeoutError:
            pass
        return taken

    return run_virtual(main())


def test_a_new_listener_is_told_everything_and_then_only_what_changed():
    assert told((1.0, {"bpm": 90.0}), (2.0, {"bpm": 90.0}), until=3) == [
        (0.0, {"bpm": 0.0, "step": 0}),
        (1.0, {"bpm": 90.0}),
    ]


def test_a_topic_that_changes_all_the_time_is_told_at_its_rate_and_its_last_value_is_never_lost():
    changes = [(1 + turn / 100, {"step": turn}) for turn in range(1, 101)]
    news = told(*changes, until=5)[1:]
    moments = [moment for moment, _ in news]
    assert all(later - earlier >= 0.1 - 1e-6 for earlier, later in pairwise(moments))
    assert 9 <= len(news) <= 11
    assert news[-1][1] == {"step": 100}


def test_one_topic_that_must_wait_holds_up_no_other():
    news = told((1.0, {"step": 1}), (1.1, {"step": 2, "bpm": 5.0}), until=5, intervals={"step": 2.0})
    assert news[1:] == [(1.1, {"bpm": 5.0}), (2.0, {"step": 2})]


def test_a_slow_reader_gets_the_newest_and_nothing_piles_up():
    changes = [(1 + turn / 10, {"step": turn}) for turn in range(1, 101)]
    news = told(*changes, until=20, reading=4.0)
    assert len(news) <= 5
    assert news[-1][1]["step"] == 100


def test_a_new_listener_in_the_same_place_is_told_everything_at_once():
    async def main():
        clock, board = VirtualClock(), Board(State(bpm=90.0))
        with Changes(board, clock, lambda state: {"bpm": state.bpm}, intervals={"bpm": 5.0}, usual=0.1) as changes:
            first = await changes.next()
            asyncio.get_running_loop().call_later(1.0, changes.forget)
            return first, await changes.next(), clock.now()

    assert run_virtual(main()) == ({"bpm": 90.0}, {"bpm": 90.0}, pytest.approx(1.0, abs=0.05))
