"""The board: one snapshot, whoever looks sees the newest."""

from __future__ import annotations

import asyncio
from dataclasses import FrozenInstanceError

import pytest

from stream_v2m.core.clock import run_virtual
from stream_v2m.core.controls import Controls
from stream_v2m.core.state import HISTORY, Board, State

pytestmark = pytest.mark.unit


def test_a_snapshot_never_changes():
    board = Board(State())
    before = board.state
    board.update(step=1, phase="playing")
    assert (before.step, before.phase) == (0, "starting")
    assert (board.state.step, board.state.phase) == (1, "playing")
    with pytest.raises(FrozenInstanceError):
        before.step = 2  # type: ignore[misc]


def test_a_field_that_does_not_exist_is_our_bug():
    with pytest.raises(TypeError):
        Board(State()).update(stepp=1)


def test_the_controls_are_those_of_the_newest_state():
    board = Board(State())
    board.update(controls=Controls(hold=True))
    assert board.controls.hold


def test_of_the_notices_the_last_few_are_kept():
    board = Board(State())
    for number in range(HISTORY + 3):
        board.notice(str(number))
    assert board.state.notices == tuple(str(number) for number in range(3, HISTORY + 3))


def test_a_slow_watcher_sees_the_newest_state_and_all_watchers_see_it():
    async def main() -> None:
        board = Board(State())
        first, second = board.watch(), board.watch()
        board.update(step=1)
        board.update(step=2)
        assert (await first.get()).step == (await second.get()).step == 2
        assert first.stats.dropped == 1

    run_virtual(main())


def test_who_no_longer_watches_gets_nothing_more():
    async def main() -> None:
        board = Board(State())
        gone, here = board.watch(), board.watch()
        board.unwatch(gone)
        board.update(step=1)
        assert gone.take() is None
        assert here.take() is board.state

    run_virtual(main())


def test_a_watcher_wakes_on_a_change():
    async def main() -> None:
        board = Board(State())
        watcher = board.watch()
        waiting = asyncio.create_task(watcher.get())
        await asyncio.sleep(1)
        assert not waiting.done()
        board.notice("hello")
        assert (await waiting).notices == ("hello",)

    run_virtual(main())
