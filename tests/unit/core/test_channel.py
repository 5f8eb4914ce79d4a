"""Channels: what may be lost is lost and counted, what may not waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_v2m.core.channel import Closed, CueChannel, Latest, Lossless
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.values import Cue, Event

pytestmark = pytest.mark.unit


async def camera(slot: Latest[float], *, rate_hz: float, frames: int) -> None:
    clock = VirtualClock()
    for frame in range(frames):
        await clock.sleep_until(frame / rate_hz)
        slot.put(frame / rate_hz)
    slot.close()


async def reader(slot: Latest[float], *, every: float) -> list[float]:
    seen = []
    async for item in slot:
        seen.append(item)
        await asyncio.sleep(every)
    return seen


def test_a_slow_reader_gets_the_newest_frame_and_the_rest_are_counted():
    async def main() -> tuple[list[float], Latest[float]]:
        slot: Latest[float] = Latest()
        _, seen = await asyncio.gather(camera(slot, rate_hz=10, frames=30), reader(slot, every=0.93))
        return seen, slot

    seen, slot = run_virtual(main())
    assert seen == pytest.approx([0.0, 0.9, 1.8, 2.7, 2.9])
    assert (slot.stats.put, slot.stats.taken, slot.stats.dropped) == (30, 5, 25)


def test_a_quick_reader_gets_every_frame():
    async def main() -> tuple[list[float], Latest[float]]:
        slot: Latest[float] = Latest()
        _, seen = await asyncio.gather(camera(slot, rate_hz=10, frames=30), reader(slot, every=0.01))
        return seen, slot

    seen, slot = run_virtual(main())
    assert seen == [frame / 10 for frame in range(30)]
    assert slot.stats.dropped == 0


def test_what_is_left_in_a_closed_slot_is_read_before_the_end():
    async def main() -> None:
        slot: Latest[str] = Latest()
        slot.put("last")
        slot.close()
        slot.put("after the end")
        assert slot.closed
        assert await slot.get() == "last"
        with pytest.raises(Closed):
            await slot.get()
        assert slot.stats.put == 1

    run_virtual(main())


def test_what_was_looked_at_is_still_there():
    slot: Latest[str] = Latest()
    assert slot.peek() is None
    slot.put("one")
    assert (slot.peek(), slot.peek(), slot.take(), slot.peek()) == ("one", "one", "one", None)
    assert (slot.stats.taken, slot.stats.dropped) == (1, 0)


def test_closing_wakes_a_reader_that_waits():
    async def main() -> None:
        slot: Latest[str] = Latest()
        waiting = asyncio.create_task(slot.get())
        await asyncio.sleep(0)
        slot.close()
        with pytest.raises(Closed):
            await waiting

    run_virtual(main())


def test_of_two_readers_one_gets_the_item_and_the_other_waits_on():
    async def main() -> None:
        slot: Latest[str] = Latest()
        first, second = asyncio.create_task(slot.get()), asyncio.create_task(slot.get())
        await asyncio.sleep(0)
        slot.put("one")
        await asyncio.sleep(0.1)
        assert [first.done(), second.done()] == [True, False]
        slot.put("two")
        assert await asyncio.gather(first, second) == ["one", "two"]

    run_virtual(main())


def test_a_take_between_put_and_wake_up_does_not_end_a_waiting_reader():
    async def main() -> None:
        slot: Latest[str] = Latest()
        waiting = asyncio.create_task(slot.get())
        await asyncio.sleep(0)
        slot.put("one")
        assert slot.take() == "one"
        await asyncio.sleep(0.1)
        assert not waiting.done()
        slot.put("two")
        assert await waiting == "two"

    run_virtual(main())


def test_a_cancelled_reader_takes_nothing_with_it():
    async def main() -> None:
        slot: Latest[str] = Latest()
        waiting = asyncio.create_task(slot.get())
        await asyncio.sleep(0)
        slot.put("kept")  # the reader is about to wake …
        waiting.cancel()  # … and never does
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert slot.take() == "kept"
        assert slot.stats.taken == 1

    run_virtual(main())


def test_items_that_are_false_are_items():
    async def main() -> None:
        slot: Latest[int] = Latest()
        slot.put(0)
        slot.put(0)
        assert await slot.get() == 0
        assert slot.stats.dropped == 1

    run_virtual(main())


@given(st.lists(st.sampled_from(["put", "take"])))
def test_every_item_put_is_taken_dropped_or_still_there(moves: list[str]):
    async def main() -> None:
        slot: Latest[int] = Latest()
        for count, move in enumerate(moves):
            slot.put(count) if move == "put" else slot.take()
        stats = slot.stats
        left = slot.take() is not None
        assert stats.put == moves.count("put") == stats.taken + stats.dropped
        assert left == (moves[-1:] == ["put"])

    run_virtual(main())


def test_a_writer_waits_while_the_lossless_channel_is_full_and_nothing_is_lost():
    async def main() -> list[tuple[float, list[int]]]:
        channel: Lossless[int] = Lossless(2)
        clock = VirtualClock()
        written: list[float] = []

        async def write() -> None:
            for item in range(6):
                await channel.put(item)
                written.append(clock.now())
            channel.close()

        task = asyncio.create_task(write())
        read = []
        while not channel.closed:
            await asyncio.sleep(1)
            read.append(channel.drain())
        await task
        assert written == [0, 0, 1, 1, 2, 2]
        assert (channel.stats.put, channel.stats.taken, channel.stats.dropped) == (6, 6, 0)
        return read

    assert run_virtual(main()) == [[0, 1], [2, 3], [4, 5]]


def test_closing_a_full_lossless_channel_frees_its_writer_and_counts_what_came_too_late():
    async def main() -> None:
        channel: Lossless[str] = Lossless(1)
        await channel.put("in time")
        waiting = asyncio.create_task(channel.put("too late"))
        await asyncio.sleep(0)
        channel.close()
        await waiting
        assert not channel.closed  # something is left
        assert channel.drain() == ["in time"]
        assert channel.closed
        assert channel.stats.dropped == 1

    run_virtual(main())


def test_a_cancelled_writer_leaves_nothing_half_put():
    async def main() -> None:
        channel: Lossless[str] = Lossless(1)
        await channel.put("one")
        waiting = asyncio.create_task(channel.put("two"))
        await asyncio.sleep(0)
        channel.drain()  # the writer is about to wake …
        waiting.cancel()  # … and never does
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert channel.drain() == []
        await channel.put("three")
        assert channel.drain() == ["three"]
        assert channel.stats.put == channel.stats.taken == 2

    run_virtual(main())


def cue(time: float, event: Event | None = None) -> Cue:
    return Cue(time=time, motion=time / 10, event=event)


def in_loop(test: Callable[[], None]) -> None:
    async def main() -> None:
        test()

    run_virtual(main())


def test_of_motion_the_newest_is_kept_and_of_events_all_in_the_order_of_time():
    def check() -> None:
        cues = CueChannel()
        for one in (cue(1), cue(2, Event.HIT), cue(3), cue(4, Event.CUT), cue(5)):
            cues.put(one)
        assert cues.take() == [cue(2, Event.HIT), cue(4, Event.CUT), cue(5)]
        assert cues.take() == []
        assert (cues.stats.put, cues.stats.taken, cues.stats.dropped) == (5, 3, 2)

    in_loop(check)


def test_events_beyond_the_capacity_push_out_the_oldest_and_are_counted():
    def check() -> None:
        cues = CueChannel(capacity=2)
        for time in range(5):
            cues.put(cue(time, Event.HIT))
        assert cues.take() == [cue(3, Event.HIT), cue(4, Event.HIT)]
        assert cues.stats.dropped == 3

    in_loop(check)


@given(st.lists(st.sampled_from([None, Event.HIT, Event.FLASH, "take"]), max_size=40))
def test_no_event_is_lost_whenever_the_reader_comes(moves: list[Event | str | None]):
    def check() -> None:
        cues = CueChannel()
        taken: list[Cue] = []
        put = 0
        for time, move in enumerate(moves):
            if move == "take":
                taken += cues.take()
            else:
                cues.put(cue(time, move if isinstance(move, Event) else None))
                put += 1
        taken += cues.take()
        events = [(one.time, one.event) for one in taken if one.event is not None]
        assert events == [(time, move) for time, move in enumerate(moves) if isinstance(move, Event)]
        assert [one.time for one in taken] == sorted(one.time for one in taken)
        assert cues.stats.put == put == cues.stats.taken + cues.stats.dropped

    in_loop(check)


def test_waiting_for_a_cue_ends_when_one_comes_and_waits_again_when_it_is_taken():
    async def main() -> None:
        cues = CueChannel()
        waiting = asyncio.create_task(cues.wait())
        await asyncio.sleep(1)
        assert not waiting.done()
        cues.put(cue(1))
        await waiting
        await cues.wait()  # still there
        cues.take()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cues.wait(), 1)

    run_virtual(main())
