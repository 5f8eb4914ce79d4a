"""Slow estimators beside the performance: exact on a virtual clock, never waited for, honest about what they cost."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from stream_v2m.core.channel import Latest
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.errors import ConfigError, ModelContractError
from stream_v2m.core.state import Board, State
from stream_v2m.core.values import Affect, Frame
from stream_v2m.core.worker import InlineWorker
from stream_v2m.stages.estimate import Estimation
from stream_v2m.stages.observe import Look
from stream_v2m.vision.affect import AffectConfig, Estimate, EstimatorInfo, Measures
from stream_v2m.vision.color import Color
from stream_v2m.vision.plane import place
from tests.support.scenes import plain

pytestmark = pytest.mark.unit

RATE = 30
GLUM = place(-0.5, -0.5)
MEASURES = Measures(1 / RATE, Color(0.4, 0.2, 0.3, 0.0), 0.2, 5.0)


@dataclass
class Slow:
    """An estimator that notes when it was asked, and may fail."""

    name: str = "clip"
    affect: Affect = GLUM
    fails_at: float = 1e9
    warning: str = ""
    asked: list[float] = field(default_factory=list)

    @property
    def info(self) -> EstimatorInfo:
        return EstimatorInfo(self.name, "ViT-X", "float32", "cpu", True, self.warning)

    def estimate(self, frame: Frame, measures: Measures) -> Estimate:
        if measures is MEASURES:
            self.asked.append(frame.time)
        if frame.time >= self.fails_at:
            raise ModelContractError("it is broken")
        return Estimate(frame.time, self.affect, 1.0)

    def freeze(self, on: bool) -> None:
        pass


class Taking:
    """A worker beside the loop, as a thread is: every call takes so many virtual seconds."""

    def __init__(self, seconds: Callable[[float], float], clock: VirtualClock) -> None:
        self.seconds, self.clock = seconds, clock

    async def run(self, function, *args, **kwargs):
        await asyncio.sleep(self.seconds(self.clock.now()))
        return function(*args, **kwargs)

    def close(self) -> None:
        pass


def frame(time: float) -> Frame:
    return Frame(time, plain(128), lambda width, height: np.zeros((height, width, 3), np.uint8))


def run(
    *estimators: Slow,
    config: AffectConfig | None = None,
    seconds: float = 10.0,
    cost: Callable[[float], float] | None = None,
    at: dict[int, Callable[[Estimation, Board], None]] | None = None,
    gap: tuple[int, int] = (0, 0),
) -> tuple[Estimation, Board, list[float]]:
    """Frames for so long, but not in the ``gap``; the ages of the first one's estimate at each frame."""
    known = {estimator.name: estimator for estimator in estimators}

    def find(name: str) -> None:
        if name != "color" and name not in known:
            raise ConfigError("no such CLIP model", where=name)

    def open(name: str) -> Slow:
        find(name)
        return known[name]

    estimation = Estimation(config or AffectConfig(estimator="clip"), open, find)
    ages: list[float] = []

    async def main() -> Board:
        clock, board, looks = VirtualClock(), Board(State(estimators=estimation.states)), Latest[Look]()
        worker = Taking(cost, clock) if cost else InlineWorker()

        async def film() -> None:
            for number in range(round(seconds * RATE)):
                await clock.sleep_until(number / RATE)
                if (at or {}).get(number):
                    (at or {})[number](estimation, board)
                if not gap[0] <= number < gap[1]:
                    looks.put(Look(frame(number / RATE), MEASURES))
                    ages.extend(voice.age for voice in estimation.mood.feel(number / RATE, 1 / RATE).voices[:1])
            looks.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(film())
            group.create_task(estimation.run(looks, worker=worker, clock=clock, board=board))
        return board

    return estimation, run_virtual(main()), ages


def test_by_a_virtual_clock_it_is_asked_at_the_first_frame_of_every_period():
    slow = Slow()
    run(slow, config=AffectConfig(estimator="clip", rate_hz=4.0), seconds=3.0)
    assert slow.asked == [np.ceil(number / 4 * RATE - 1e-6) / RATE for number in range(12)]


def test_it_is_asked_at_the_same_frames_every_time():
    first, second = Slow(), Slow()
    run(first, config=AffectConfig(estimator="clip", rate_hz=3.7))
    run(second, config=AffectConfig(estimator="clip", rate_hz=3.7))
    assert first.asked == second.asked


def test_what_it_costs_is_measured_before_the_first_frame_and_bounds_its_rate():
    slow = Slow()
    _, board, _ = run(slow, config=AffectConfig(estimator="clip", rate_hz=4.0, share=0.25), cost=lambda now: 0.3)
    (state,) = board.state.estimators
    assert state.cost_ms == pytest.approx(300)
    assert state.rate_hz == pytest.approx(0.25 / 0.3)
    assert np.diff(slow.asked) == pytest.approx([1.2] * (len(slow.asked) - 1), abs=1.01 / RATE)
    assert slow.asked[0] == pytest.approx(0.6, abs=1 / RATE)  # twice on nothing, then the newest frame


def test_threads_count_as_cores():
    one, two = (
        run(Slow(), config=AffectConfig(estimator="clip", threads=threads), cost=lambda now: 0.3)[1]
        for threads in (1, 2)
    )
    assert two.state.estimators[0].rate_hz == pytest.approx(one.state.estimators[0].rate_hz / 2)


def test_its_rate_follows_what_it_costs_now():
    slow = Slow()
    config = AffectConfig(estimator="clip", share=0.5)
    _, board, _ = run(slow, config=config, seconds=30, cost=lambda now: 0.1 if now < 10 else 0.8)
    gaps = np.diff(slow.asked)
    assert gaps[:10] == pytest.approx([0.25] * 10, abs=1.01 / RATE)
    assert gaps[-3:] == pytest.approx([1.6] * 3, abs=0.15)
    assert board.state.estimators[0].cost_ms == pytest.approx(800, abs=60)


def test_a_frame_that_comes_while_it_is_busy_is_passed_over_and_the_newest_is_taken_next():
    slow = Slow()
    run(slow, config=AffectConfig(estimator="clip", share=1.0), cost=lambda now: 0.5)
    assert np.diff(slow.asked) == pytest.approx([0.5] * (len(slow.asked) - 1), abs=1.01 / RATE)


def test_nobody_waits_for_it():
    _, _, ages = run(Slow(), config=AffectConfig(estimator="clip", share=1.0), cost=lambda now: 2.0)
    assert len(ages) == pytest.approx(4 * RATE, abs=1)  # each frame since the first word, which came after 6 s
    assert 2.0 <= max(ages) <= 4.1


def test_when_frames_stop_nothing_is_said_and_what_was_said_grows_stale():
    slow = Slow()
    config = AffectConfig(estimator="clip", stale_s=1.0)
    estimation, _, ages = run(slow, config=config, seconds=10, gap=(3 * RATE, 8 * RATE))
    assert not [time for time in slow.asked if 3 <= time < 8]
    assert max(ages) <= 1.0
    assert estimation.mood.feel(12.0, 0.1).affect is None


def test_several_share_what_they_may_take():
    slow, other = Slow(), Slow("clip:other")
    config = AffectConfig(estimator="clip,clip:other", share=0.5)
    run(slow, other, config=config, seconds=20, cost=lambda now: 0.2)
    for each in (slow, other):
        assert np.diff(each.asked[1:]).mean() == pytest.approx(0.8, abs=0.05)


def test_another_one_is_listened_to_once_it_is_open_and_the_first_is_let_go():
    slow, other = Slow(), Slow("clip:other", affect=place(0.5, 0.5))
    estimation, board, _ = run(slow, other, at={60: lambda estimation, board: estimation.choose("clip:other")})
    assert board.state.estimator == "clip:other"
    assert [state.name for state in board.state.estimators] == ["clip:other"]
    assert max(slow.asked) < 2.1 and min(other.asked) == pytest.approx(2.0)
    affect = estimation.mood.feel(10.0, 1.0).affect
    assert affect is not None and affect.valence > 0


def test_while_another_one_opens_the_first_is_heard():
    slow, other = Slow(), Slow("clip:other")
    heard: list[tuple[str, ...]] = []
    look = {n: lambda estimation, board: heard.append(estimation.mood.listening) for n in range(61, 120)}
    run(
        slow,
        other,
        cost=lambda now: 0.2,
        at={60: lambda estimation, board: estimation.choose("clip:other"), **look},
    )
    assert heard[:15] == [("clip",)] * 15 and heard[-1] == ("clip:other",)


def test_one_that_cannot_be_opened_changes_nothing_but_a_notice():
    slow = Slow()
    estimation, board, _ = run(slow, at={60: lambda estimation, board: estimation.choose("clip:none")})
    assert estimation.mood.listening == ("clip",)
    assert max(slow.asked) > 9
    assert len(board.state.notices) == 1 and "no such CLIP model" in board.state.notices[0]


def test_one_that_fails_is_asked_no_more_and_grows_stale():
    slow = Slow(fails_at=3.0)
    estimation, board, ages = run(slow, config=AffectConfig(estimator="clip", stale_s=1.0))
    assert [time for time in slow.asked if time > 3.0 + 1e-6] == []
    assert len(ages) == pytest.approx(3.75 * RATE, abs=2)
    assert "clip has failed" in board.state.notices[-1]
    assert estimation.mood.feel(10.0, 0.1).affect is None


def test_what_there_is_to_say_of_how_it_runs_is_said():
    _, board, _ = run(Slow(warning="clip: does not run on cuda"))
    assert board.state.notices == ("clip: does not run on cuda",)


def test_colour_needs_nobody():
    slow = Slow()
    estimation, board, _ = run(slow, config=AffectConfig(estimator="color"))
    assert slow.asked == [] and estimation.mood.listening == ("color",)
    assert [state.name for state in board.state.estimators] == ["color"]


@pytest.mark.parametrize("name", ["klip", "clip:", "color:x", "", "color,color", "clip:none"])
def test_an_estimator_that_is_none_is_refused(name: str):
    estimation = run(Slow(), seconds=0.1)[0]
    with pytest.raises(ConfigError):
        estimation.check(name)


def test_the_state_says_what_it_is():
    _, board, _ = run(Slow())
    (state,) = board.state.estimators
    assert (state.name, state.model, state.precision, state.provider) == ("clip", "ViT-X", "float32", "cpu")
    assert state.semantics and state.rate_hz == pytest.approx(4.0)


def test_what_takes_more_than_its_share_is_still_asked_before_it_grows_stale():
    slow = Slow()
    config = AffectConfig(estimator="clip", share=0.1, stale_s=5.0)
    _, _, ages = run(slow, config=config, seconds=30.0, cost=lambda now: 1.4)
    assert np.diff(slow.asked[2:]) == pytest.approx([2.5] * (len(slow.asked) - 3), abs=2 / RATE)
    assert max(ages) < 5.0
