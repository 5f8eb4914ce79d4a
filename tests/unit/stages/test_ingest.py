import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from stream_v2m.core.channel import Closed, Latest
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.errors import SourceError
from stream_v2m.core.state import Board, State
from stream_v2m.core.values import Frame
from stream_v2m.core.worker import InlineWorker
from stream_v2m.stages.ingest import ingest

pytestmark = pytest.mark.unit


@dataclass
class Pictures:
    """A source of given times; raises at its end if told to."""

    times: list[float]
    live: bool = False
    fault: SourceError | None = None
    name: str = "pictures"
    closed: bool = field(default=False)

    def open(self) -> None:
        pass

    def frames(self) -> Iterator[Frame]:
        for time in self.times:
            if self.closed:
                return
            yield Frame(time, np.zeros((3, 90, 160), np.uint8), lambda w, h: np.zeros((h, w, 3), np.uint8))
        if self.fault:
            raise self.fault

    def close(self) -> None:
        self.closed = True


def run(source: Pictures, *, every: float = 0.0, begin: float = 0.0) -> tuple[list[tuple[float, float]], Latest[Frame]]:
    """(arrival, frame time) of what a reader took that needs ``every`` seconds for each."""
    seen: list[tuple[float, float]] = []

    async def main() -> Latest[Frame]:
        clock, frames = VirtualClock(), Latest[Frame]()

        async def read() -> None:
            try:
                while True:
                    frame = await frames.get()
                    seen.append((clock.now(), frame.time))
                    await clock.sleep_until(clock.now() + every)
            except Closed:
                pass

        await clock.sleep_until(begin)
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(ingest(source, frames, worker=InlineWorker(), clock=clock, board=Board(State())))
        return frames

    return seen, run_virtual(main())


def test_a_film_is_paced_by_its_own_times_from_the_moment_it_begins():
    seen, _ = run(Pictures([0.0, 0.04, 0.5]), begin=3.0)
    arrivals, times = zip(*seen, strict=True)
    assert arrivals == pytest.approx([3.0, 3.04, 3.5])
    assert times == pytest.approx([3.0, 3.04, 3.5])


def test_a_slow_reader_gets_the_newest_frame_and_the_rest_are_counted():
    seen, frames = run(Pictures([i / 10 for i in range(30)]), every=1.0)
    assert [t for _, t in seen] == pytest.approx([0.0, 0.9, 1.9, 2.9], abs=0.11)
    assert len(seen) + frames.stats.dropped == 30


def test_a_live_frame_bears_the_time_of_its_arrival():
    seen, _ = run(Pictures([0.0, 0.0], live=True), begin=5.0)
    assert {t for _, t in seen} == {5.0}


def test_a_lost_source_is_an_error_and_closes_the_channel():
    source = Pictures([0.0], fault=SourceError("the cable is out", where="pictures"))
    with pytest.raises(ExceptionGroup) as caught:
        run(source)
    assert caught.group_contains(SourceError, match="the cable is out")
    assert source.closed


def test_closing_the_source_ends_ingest():
    source = Pictures([i / 10 for i in range(1000)])

    async def main() -> float:
        clock, frames = VirtualClock(), Latest[Frame]()

        async def close() -> None:
            await clock.sleep_until(1.0)
            source.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(close())
            group.create_task(ingest(source, frames, worker=InlineWorker(), clock=clock, board=Board(State())))
        assert frames.closed
        return clock.now()

    assert run_virtual(main()) == pytest.approx(1.0, abs=0.11)
