"""One source of several plays: paced, lost and found again, switched; on the virtual clock, with fakes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from stream_v2m.core.channel import Closed, Latest
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.errors import SourceError
from stream_v2m.core.state import Board, SourceState, State
from stream_v2m.core.values import Cue, Frame
from stream_v2m.sources.backoff import Backoff
from stream_v2m.sources.source import SourceConfig
from stream_v2m.sources.supply import Supply
from stream_v2m.stages.ingest import Ingest
from tests.support.sources import FOREVER, Fake, Patient

pytestmark = pytest.mark.unit

OUT = SourceError("the cable is out", where="cam")


@dataclass
class Scene:
    """What happened: pictures by arrival and value, statuses as they changed, and what can be done meanwhile."""

    clock: VirtualClock
    board: Board
    ingest: Ingest
    made: list[Fake] = field(default_factory=list)
    seen: list[tuple[float, float, int]] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    statuses: list[tuple[float, str]] = field(default_factory=list)
    dropped: int = 0

    @property
    def source(self) -> SourceState:
        return self.board.state.source

    def arrivals(self, value: int) -> list[float]:
        return [arrival for arrival, _, each in self.seen if each == value]


def run(
    makers: Mapping[str, Callable[[], Fake]],
    during: Callable[[Scene], Coroutine[Any, Any, None]] | None = None,
    *,
    every: float = 0.0,
    begin: float = 0.0,
    until: float = FOREVER,
    random: Random | None = None,
    **config: Any,
) -> Scene:
    """Ingest until it ends, or is closed at ``until``; a reader needs ``every`` seconds for each picture."""

    async def main() -> Scene:
        clock, frames = VirtualClock(), Latest[Frame]()
        board = Board(State())
        made: list[Fake] = []

        def making(make: Callable[[], Fake]) -> Callable[[], Fake]:
            def remembered() -> Fake:
                made.append(make())
                return made[-1]

            return remembered

        supply = Supply({name: making(make) for name, make in makers.items()})
        ingest = Ingest(
            supply,
            SourceConfig(**config),
            worker=lambda _: Patient(made[-1:], clock),
            clock=clock,
            board=board,
            random=random,
        )
        scene = Scene(clock, board, ingest, made)

        async def read() -> None:
            with suppress(Closed):
                while True:
                    frame = await frames.get()
                    scene.seen.append((clock.now(), frame.time, int(frame.small[0, 0, 0])))
                    await clock.sleep_until(clock.now() + every)

        async def watch() -> None:
            watcher = board.watch()
            async for state in watcher:
                if not scene.statuses or scene.statuses[-1][1] != state.source.status:
                    scene.statuses.append((clock.now(), state.source.status))

        async def live(group: asyncio.TaskGroup) -> None:
            watching = group.create_task(watch())
            extra = [group.create_task(during(scene))] if during else []
            if until < FOREVER:
                extra.append(group.create_task(end()))
            await ingest.run(frames, lambda: scene.begun.append(clock.now()))
            for task in (watching, *extra):
                task.cancel()

        async def end() -> None:
            await clock.sleep_until(until)
            ingest.close()

        await clock.sleep_until(begin)
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(live(group))
        assert frames.closed
        scene.dropped = frames.stats.dropped
        return scene

    return run_virtual(main())


def after(moment: float, *names: str) -> Callable[[Scene], Coroutine[Any, Any, None]]:
    """Switch at a moment, and again a tenth of a second later for each further name."""

    async def during(scene: Scene) -> None:
        for turn, name in enumerate(names):
            await scene.clock.sleep_until(moment + turn / 10)
            scene.ingest.switch(name)

    return during


def film(*times: float, value: int = 0) -> Callable[[], Fake]:
    return lambda: Fake(list(times), live=False, value=value)


def camera(pictures: int = 10_000, *, gap: float = 0.1, value: int = 0, **more: Any) -> Callable[[], Fake]:
    return lambda: Fake([gap] * pictures, value=value, **more)


def one_after_the_other(*fakes: Callable[[], Fake]) -> Callable[[], Fake]:
    """Another one each time; the last one again and again."""
    left = list(fakes)
    return lambda: (left.pop(0) if len(left) > 1 else left[0])()


def test_a_film_is_paced_by_its_own_times_from_the_moment_it_begins():
    scene = run({"film": film(0.0, 0.04, 0.5)}, begin=3.0)
    arrivals, times, _ = zip(*scene.seen, strict=True)
    assert scene.begun == [3.0]
    assert arrivals == pytest.approx([3.0, 3.04, 3.5])
    assert times == pytest.approx([3.0, 3.04, 3.5])
    assert scene.source.status == "ended"


def test_a_slow_reader_gets_the_newest_frame_and_the_rest_are_counted():
    scene = run({"film": film(*(i / 10 for i in range(30)))}, every=1.0)
    assert [time for _, time, _ in scene.seen] == pytest.approx([0.0, 0.9, 1.9, 2.9], abs=0.11)
    assert len(scene.seen) + scene.dropped == 30


def test_a_live_frame_bears_the_time_of_its_arrival():
    scene = run({"cam": camera(2, gap=0.0)}, begin=5.0)
    assert {time for _, time, _ in scene.seen} == {5.0}


def test_a_film_that_is_lost_ends_the_performance():
    with pytest.raises(ExceptionGroup) as caught:
        run({"film": lambda: Fake([0.0], live=False, fault=OUT)})
    assert caught.group_contains(SourceError, match="the cable is out")


def test_closing_ends_ingest_and_lets_go_of_the_source():
    scene = run({"film": film(*(i / 10 for i in range(1000)))}, until=1.0)
    assert len(scene.seen) == 11
    assert scene.made[0].closed


def test_a_first_source_that_cannot_be_opened_is_an_error_at_once():
    with pytest.raises(ExceptionGroup) as caught:
        run({"cam": lambda: Fake([], fault=OUT)})
    assert caught.group_contains(SourceError, match="the cable is out")


def test_with_patience_a_first_source_is_tried_until_it_is_there():
    broken = lambda: Fake([], fault=OUT)  # noqa: E731
    scene = run({"cam": one_after_the_other(broken, broken, camera())}, until=8.0, patient=True)
    assert scene.begun
    assert scene.begun[0] > 0.5
    assert scene.source.retries == 2
    assert len(scene.made) == 3
    assert scene.seen


def test_a_lost_source_is_tried_again_after_exactly_the_delays_of_the_backoff_for_ever():
    tries: list[float] = []

    def broken() -> Fake:
        tries.append(asyncio.get_running_loop().time())
        return Fake([], fault=OUT)

    random = Random(5)
    scene = run({"cam": one_after_the_other(lambda: Fake([0.1], fault=OUT), broken)}, until=120.0, random=random)
    backoff, moment, expected = Backoff(first=0.5, most=10.0, random=Random(5)), 0.1, []
    while (moment := moment + backoff.delay()) < 120:
        expected.append(moment)
    assert tries == pytest.approx(expected)
    assert scene.source.retries == len(expected)
    assert scene.begun == [0.0]


def test_the_status_says_why_a_source_is_lost_and_counts_down_to_the_next_try():
    lost = one_after_the_other(lambda: Fake([0.1], fault=OUT), lambda: Fake([], fault=OUT))
    scene = run({"cam": lost}, until=60.0)
    waits = [status for _, status in scene.statuses if status.startswith("lost: cam: the cable is out; next try in ")]
    assert len(waits) > 20
    assert any("lost: cam: the cable is out" in notice for notice in scene.board.state.notices)


def test_a_source_that_comes_back_goes_on_and_one_that_lasted_begins_with_short_delays_again():
    fragile = camera(200, fault=OUT)
    scene = run({"cam": one_after_the_other(fragile, fragile, camera())}, until=60.0)
    arrivals = scene.arrivals(0)
    gaps = [b - a for a, b in pairwise(arrivals) if b - a > 0.11]
    assert len(gaps) == 2
    assert all(0.25 <= gap - 0.1 <= 0.5 for gap in gaps)
    assert [notice for notice in scene.board.state.notices if notice == "cam is back"] == ["cam is back"] * 2
    assert scene.source.status == "playing"


def test_senders_who_come_and_go_do_not_make_the_next_one_wait():
    brief = camera(2, fault=OUT, awaits="a publisher")
    scene = run({"in": one_after_the_other(*[brief] * 6, camera(awaits="a publisher"))}, until=20.0)
    arrivals = scene.arrivals(0)
    gaps = [b - a for a, b in pairwise(arrivals) if b - a > 0.11]
    assert len(gaps) == 6
    assert all(0.25 <= gap - 0.1 <= 0.5 for gap in gaps)


def test_without_a_source_nothing_moves_and_there_is_no_mood():
    async def during(scene: Scene) -> None:
        scene.board.update(cue=Cue(0.0, 1.0), affect="a mood")
        await scene.clock.sleep_until(0.3)

    scene = run({"cam": one_after_the_other(camera(2, fault=OUT), lambda: Fake([], fault=OUT))}, during, until=2.0)
    assert scene.board.state.cue is not None
    assert (scene.board.state.cue.motion, scene.board.state.affect) == (0.0, None)


def test_a_live_source_without_pictures_is_lost_after_the_stall_time_and_closed():
    stalled = lambda: Fake([0.1, FOREVER])  # noqa: E731
    scene = run({"cam": one_after_the_other(stalled, camera())}, until=10.0, stall_s=3.0)
    lost = next(moment for moment, status in scene.statuses if status.startswith("lost"))
    assert lost == pytest.approx(3.1)
    assert "no picture for 3 s" in scene.board.state.notices[0]
    assert scene.made[0].closed
    assert len(scene.seen) > 50


def test_the_age_of_the_newest_picture_is_told_while_none_comes():
    ages: list[float] = []

    async def during(scene: Scene) -> None:
        for moment in (1.0, 2.0, 3.0):
            await scene.clock.sleep_until(moment + 0.01)
            ages.append(scene.source.age_ms)

    run({"cam": lambda: Fake([0.1, FOREVER])}, during, until=4.0, stall_s=10)
    assert ages == pytest.approx([900, 1900, 2900], abs=260)


def test_a_source_that_waits_for_somebody_says_so_and_nothing_begins_before():
    scene = run({"in": camera(opens=100.0, awaits="a publisher")}, until=103.0)
    assert scene.statuses[0] == (0.0, "waiting for a publisher")
    assert scene.begun == [100.0]


def test_closing_while_a_source_is_waited_for_ends_at_once():
    scene = run({"in": camera(opens=FOREVER, awaits="a publisher")}, until=2.0)
    assert scene.begun == []
    assert scene.made[0].closed


def test_another_source_takes_over_with_its_first_picture_and_the_old_one_goes_on_until_then():
    scene = run({"one": camera(value=1), "two": camera(value=2, opens=2.0)}, after(1.05, "two"), until=5.0)
    one, two = scene.arrivals(1), scene.arrivals(2)
    assert two[0] == pytest.approx(3.15)
    assert two[0] - 0.1 <= one[-1] <= two[0]
    assert scene.source.name == "two"
    assert (scene.source.width, scene.source.status) == (64, "playing")
    assert scene.made[0].closed
    assert [time for _, time, _ in scene.seen] == sorted(time for _, time, _ in scene.seen)


def test_a_film_that_takes_over_begins_at_its_beginning_and_ends_the_performance():
    scene = run({"one": camera(value=1), "two": film(0.0, 0.5, 1.0, value=2)}, after(1.05, "two"))
    assert scene.arrivals(2) == pytest.approx([1.05, 1.55, 2.05])
    assert scene.source.status == "ended"


def test_a_source_that_cannot_take_over_leaves_the_old_one_playing_and_says_why():
    scene = run({"one": camera(value=1), "two": lambda: Fake([], fault=OUT)}, after(1.05, "two"), until=3.0)
    assert scene.source.name == "one"
    assert scene.board.state.notices == ("one goes on: cam: the cable is out",)
    assert len(scene.arrivals(1)) >= 29


def test_a_source_that_stalls_before_its_first_picture_does_not_take_over():
    scene = run({"one": camera(value=1), "two": lambda: Fake([FOREVER])}, after(1.05, "two"), until=9.0)
    assert scene.source.name == "one"
    assert "no picture for 3 s" in scene.board.state.notices[0]


def test_who_is_asked_for_last_wins_and_the_one_that_plays_can_be_asked_for_again():
    slow = {"one": camera(value=1), "two": camera(value=2, opens=2.0), "three": camera(value=3, opens=1.0)}
    scene = run(slow, after(1.05, "two", "three"), until=6.0)
    assert (scene.source.name, scene.arrivals(2)) == ("three", [])
    scene = run(slow, after(1.05, "two", "one"), until=6.0)
    assert (scene.source.name, scene.arrivals(2)) == ("one", [])


def test_a_lost_source_can_be_left_for_another():
    lost = one_after_the_other(camera(5, value=1, fault=OUT), lambda: Fake([], fault=OUT))
    scene = run({"one": lost, "two": camera(value=2)}, after(20.0, "two"), until=30.0)
    assert scene.source.name == "two"
    assert scene.source.retries == 0
    assert len(scene.arrivals(2)) > 90


def test_before_anything_plays_another_source_can_be_chosen():
    scene = run(
        {"in": camera(opens=FOREVER, awaits="a publisher"), "two": camera(value=2)}, after(4.0, "two"), until=6.0
    )
    assert scene.begun == [4.0]
    assert scene.made[0].closed
    assert scene.source.name == "two"


def test_pictures_of_a_calibrated_camera_bear_the_time_of_their_capture_and_their_age_counts_from_there():
    ages: list[tuple[float, float]] = []

    async def look(scene: Scene) -> None:
        await scene.clock.sleep_until(1.6)
        ages.append((scene.source.age_ms, scene.source.latency_ms))

    makers = {"cam": lambda: Fake([0.5] * 4)}
    plain = [time for _, time, _ in run(makers, until=2.6).seen]
    scene = run(makers, look, until=2.6, latency_ms={"fake": 80.0})
    assert [time for _, time, _ in scene.seen] == pytest.approx([time - 0.08 for time in plain])
    ((age, latency),) = ages
    assert latency == 80
    assert age >= 80


def test_time_never_goes_back_at_a_switch_to_a_slower_camera():
    async def switch(scene: Scene) -> None:
        await scene.clock.sleep_until(2.05)
        scene.ingest.switch("slow")

    makers = {
        "quick": lambda: Fake([0.1] * 100, value=1, name="quick"),
        "slow": lambda: Fake([0.1] * 100, value=2, name="slow"),
    }
    scene = run(makers, switch, until=4, latency_ms={"slow": 450.0})
    times = [time for _, time, _ in scene.seen]
    assert {value for _, _, value in scene.seen} == {1, 2}
    assert times == sorted(times)
