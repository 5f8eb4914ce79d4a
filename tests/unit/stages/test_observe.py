import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from stream_v2m.core.channel import CueChannel, Latest
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.mood import FreezeRange
from stream_v2m.core.state import Board, State
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Cue, Event, FeatureWindow, Frame
from stream_v2m.core.worker import InlineWorker
from stream_v2m.stages.observe import observe
from stream_v2m.vision.observer import Sight
from stream_v2m.vision.window import absent_window

pytestmark = pytest.mark.unit

CUT_AT = 7


@dataclass
class Counting:
    """An observer for which the eighth frame is a cut."""

    spans: list[float] = field(default_factory=list)
    frozen: list[bool] = field(default_factory=list)
    zones: tuple[str, ...] = ()

    def freeze(self, on: bool) -> None:
        self.frozen.append(on)

    def see(self, frame: Frame, *, span: float) -> Sight:
        self.spans.append(span)
        cues = [Cue(frame.time, 0.5)]
        if len(self.spans) - 1 == CUT_AT:
            cues.append(Cue(frame.time, 0.5, Event.CUT, frame.time - 0.1))
        return Sight(tuple(cues), absent_window(frame.time, span))


def run(frames: int = 20, rate_hz: float = 10.0) -> tuple[Counting, CueChannel, Latest[FeatureWindow], State, Trace]:
    async def main() -> tuple[Counting, CueChannel, Latest[FeatureWindow], State, Trace]:
        clock, board, trace = VirtualClock(), Board(State()), Trace(title="")
        slot, cues, windows = Latest[Frame](), CueChannel(), Latest[FeatureWindow]()
        observer = Counting()

        async def film() -> None:
            for index in range(frames):
                await clock.sleep_until(index / rate_hz)
                small = np.zeros((3, 90, 160), np.uint8)
                slot.put(Frame(clock.now(), small, lambda w, h: np.zeros((h, w, 3), np.uint8)))
                if index == frames // 2:
                    board.update(controls=FreezeRange(on=True).apply(board.controls))
            slot.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(film())
            group.create_task(
                observe(
                    slot,
                    observer,
                    cues,
                    windows,
                    span=lambda: 1.5,
                    worker=InlineWorker(),
                    clock=clock,
                    board=board,
                    witnesses=[trace],
                )
            )
        return observer, cues, windows, board.state, trace

    return run_virtual(main())


def test_every_frame_leaves_a_window_of_the_asked_span_and_the_newest_stays():
    observer, _, windows, state, _ = run()
    assert observer.spans == [1.5] * 20
    newest = windows.take()
    assert newest is not None
    assert newest.time == pytest.approx(1.9)
    assert windows.closed
    assert state.source.frames == 20


def test_an_event_waits_for_its_reader_while_motion_is_overwritten():
    _, cues, _, state, _ = run()
    taken = cues.take()
    assert [cue.event for cue in taken] == [Event.CUT, None]
    assert taken[-1].time == pytest.approx(1.9)
    assert state.cuts == 1


def test_the_frame_rate_is_told():
    *_, state, _ = run(rate_hz=25)
    assert state.source.rate_hz == pytest.approx(25)


def test_freezing_the_range_reaches_the_observer_with_the_next_frame():
    observer, *_ = run()
    assert observer.frozen == [False] * 10 + [True] * 10


def test_the_trace_keeps_motion_of_every_frame_and_a_thumbnail_a_second():
    *_, trace = run()
    assert len(trace.motion) == 20
    assert [time for time, _ in trace.thumbnails] == pytest.approx([0.0, 1.0])
    assert [cue.event for cue in trace.events] == [Event.CUT]
