"""Time: virtual time jumps, real time flows, waiting for one thing or another."""

from __future__ import annotations

import asyncio
import time

import pytest

from stream_v2m.core.channel import CueChannel
from stream_v2m.core.clock import MonotonicClock, VirtualClock, run_virtual, wait_until
from stream_v2m.core.values import Cue

pytestmark = pytest.mark.unit


def test_an_hour_of_virtual_time_passes_at_once():
    async def main() -> float:
        clock = VirtualClock()
        await clock.sleep_until(3600)
        return clock.now()

    began = time.perf_counter()
    assert run_virtual(main()) == pytest.approx(3600)
    assert time.perf_counter() - began < 1


def test_virtual_time_starts_at_0_in_every_loop():
    async def main() -> float:
        now = VirtualClock().now()
        await asyncio.sleep(5)
        return now

    assert [run_virtual(main()), run_virtual(main())] == [0, 0]


def test_virtual_time_stands_still_while_there_is_work():
    async def main() -> float:
        clock = VirtualClock()
        later = asyncio.create_task(clock.sleep_until(1))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not later.done()
        now = clock.now()
        await later
        return now

    assert run_virtual(main()) == 0


def test_sleepers_wake_in_the_order_of_their_moments_at_their_moments():
    async def main() -> list[tuple[str, float]]:
        clock = VirtualClock()
        woken: list[tuple[str, float]] = []

        async def sleeper(name: str, moments: list[float]) -> None:
            for moment in moments:
                await clock.sleep_until(moment)
                woken.append((name, clock.now()))

        await asyncio.gather(sleeper("thirds", [1 / 3, 2 / 3, 1.1]), sleeper("halves", [0.5, 1.0]))
        return woken

    names, moments = zip(*run_virtual(main()), strict=True)
    assert names == ("thirds", "halves", "thirds", "halves", "thirds")
    assert moments == pytest.approx((1 / 3, 1 / 2, 2 / 3, 1.0, 1.1))


def test_a_moment_that_has_passed_returns_at_once_but_lets_others_run():
    async def main() -> list[str]:
        clock = VirtualClock()
        await clock.sleep_until(2)
        order: list[str] = []
        other = asyncio.create_task(asyncio.sleep(0))
        other.add_done_callback(lambda _: order.append("other"))
        for _ in range(3):
            await clock.sleep_until(1)
        order.append("self")
        assert clock.now() == pytest.approx(2)
        return order

    assert run_virtual(main()) == ["other", "self"]


def test_a_loop_in_which_every_task_waits_for_another_says_so_and_cleans_up():
    cleaned: list[str] = []

    async def main() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("main")

    with pytest.raises(RuntimeError, match="every task waits"):
        run_virtual(main())
    assert cleaned == ["main"]


def test_ten_thousand_ticks_do_not_drift():
    async def main() -> float:
        clock = VirtualClock()
        for tick in range(10_001):
            await clock.sleep_until(tick * 0.1)
        return clock.now()

    assert run_virtual(main()) == pytest.approx(1000, abs=1e-6)


def test_an_event_that_comes_first_ends_the_wait_early():
    async def main() -> tuple[bool, float]:
        clock, cues = VirtualClock(), CueChannel()
        asyncio.get_running_loop().call_at(0.25, cues.put, Cue(0.25, 0.5))
        return await wait_until(1.0, cues.wait, clock), clock.now()

    assert run_virtual(main()) == (True, 0.25)


def test_a_moment_that_comes_first_ends_the_wait_and_loses_no_event():
    async def main() -> None:
        clock, cues = VirtualClock(), CueChannel()
        assert await wait_until(1.0, cues.wait, clock) is False
        assert clock.now() == pytest.approx(1.0)
        cues.put(Cue(1.0, 0.5))
        assert await wait_until(0.5, cues.wait, clock) is True  # the moment has passed, the event is there
        assert len(cues.take()) == 1

    run_virtual(main())


def test_an_event_and_its_moment_at_the_same_time_lose_nothing():
    async def main() -> None:
        clock, cues = VirtualClock(), CueChannel()
        asyncio.get_running_loop().call_at(1.0, cues.put, Cue(1.0, 0.5))
        await wait_until(1.0, cues.wait, clock)
        await asyncio.sleep(0)
        assert len(cues.take()) == 1

    run_virtual(main())


def test_cancelling_a_wait_cancels_it_and_is_not_taken_for_its_moment():
    async def main() -> None:
        waiting = asyncio.create_task(wait_until(1.0, CueChannel().wait, VirtualClock()))
        await asyncio.sleep(0.5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run_virtual(main())


def test_real_clocks_with_one_origin_read_the_same_seconds():
    clock = MonotonicClock()
    other = MonotonicClock(clock.origin)
    first, second, third = clock.now(), other.now(), clock.now()
    assert 0 <= first <= second <= third


def test_the_real_clock_sleeps_until_the_moment():
    async def main() -> float:
        clock = MonotonicClock()
        await clock.sleep_until(0.02)
        await clock.sleep_until(-1)
        return clock.now()

    assert 0.019 < asyncio.run(main()) < 2
