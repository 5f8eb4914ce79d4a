"""Observe: frames into cues for the performer and windows for the composer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from stream_v2m.core.channel import CueChannel, Latest
from stream_v2m.core.clock import Clock
from stream_v2m.core.state import Board
from stream_v2m.core.values import Event, FeatureWindow, Frame
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import Worker
from stream_v2m.vision.observer import Sight

RATE_WINDOW = 32  # frames over which the frame rate is told


class Eye(Protocol):
    """What is asked about each frame: ``vision``'s observer, or what was once seen in its place."""

    @property
    def estimator(self) -> str:
        """Who speaks of the mood."""
        ...

    def freeze(self, on: bool) -> None:
        """Let the ranging of motion and mood stand still, or follow again."""
        ...

    def see(self, frame: Frame, *, span: float) -> Sight:
        """Measure one frame; the window covers the last ``span`` seconds."""
        ...


async def observe(
    frames: Latest[Frame],
    eye: Eye,
    cues: CueChannel,
    windows: Latest[FeatureWindow],
    *,
    span: Callable[[], float],
    worker: Worker,
    clock: Clock,
    board: Board,
    witnesses: Sequence[Witness] = (),
) -> None:
    """Measure every frame that is taken; ``windows`` always holds the newest ``span()`` seconds."""
    times: deque[float] = deque(maxlen=RATE_WINDOW)
    try:
        async for frame in frames:
            eye.freeze(board.controls.range_frozen)
            sight = await worker.run(eye.see, frame, span=span())
            arrived = clock.now()
            for cue in sight.cues:
                cues.put(cue)
            windows.put(sight.window)
            times.append(frame.time)
            _report(board, frames, sight, times, latency=arrived - frame.time)
            for witness in witnesses:
                witness.saw(frame, sight.cues, sight.window.affect, at=arrived)
    finally:
        windows.close()


def _report(board: Board, frames: Latest[Frame], sight: Sight, times: deque[float], *, latency: float) -> None:
    state = board.state
    elapsed = times[-1] - times[0]
    source = replace(
        state.source,
        frames=state.source.frames + 1,
        rate_hz=(len(times) - 1) / elapsed if elapsed > 0 else 0.0,
        dropped=frames.stats.dropped,
        observe_ms=latency * 1000 - state.source.latency_ms,
    )
    board.update(
        time=times[-1],
        source=source,
        affect=sight.window.affect,
        cue=sight.cues[-1],
        cuts=state.cuts + sum(cue.event is Event.CUT for cue in sight.cues),
        flashes=state.flashes + sum(cue.event is Event.FLASH for cue in sight.cues),
    )
