"""Observe: frames into cues for the performer and windows for the composer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from stream_v2m.core.channel import CueChannel, Latest
from stream_v2m.core.clock import Clock
from stream_v2m.core.state import Board
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Event, FeatureWindow, Frame
from stream_v2m.core.worker import Worker
from stream_v2m.vision.observer import Observer, Sight

RATE_WINDOW = 32  # frames over which the frame rate is told
THUMBNAIL_EVERY = 1.0  # seconds
AFFECT_EVERY = 0.2  # seconds
THUMBNAIL_SIZE = (160, 90)


async def observe(
    frames: Latest[Frame],
    observer: Observer,
    cues: CueChannel,
    windows: Latest[FeatureWindow],
    *,
    span: Callable[[], float],
    worker: Worker,
    clock: Clock,
    board: Board,
    trace: Trace | None = None,
) -> None:
    """Measure every frame that is taken; ``windows`` always holds the newest ``span()`` seconds."""
    times: deque[float] = deque(maxlen=RATE_WINDOW)
    try:
        async for frame in frames:
            observer.freeze(board.controls.range_frozen)
            sight = await worker.run(observer.see, frame, span=span())
            for cue in sight.cues:
                cues.put(cue)
            windows.put(sight.window)
            times.append(frame.time)
            _report(board, frames, sight, times, latency=clock.now() - frame.time)
            if trace is not None:
                _record(trace, frame, sight)
    finally:
        windows.close()


def _report(board: Board, frames: Latest[Frame], sight: Sight, times: deque[float], *, latency: float) -> None:
    state = board.state
    elapsed = times[-1] - times[0]
    source = replace(
        state.source,
        status="playing",
        frames=state.source.frames + 1,
        rate_hz=(len(times) - 1) / elapsed if elapsed > 0 else 0.0,
        dropped=frames.stats.dropped,
        observe_ms=latency * 1000,
    )
    board.update(
        time=times[-1],
        source=source,
        affect=sight.window.affect,
        cue=sight.cues[-1],
        cuts=state.cuts + sum(cue.event is Event.CUT for cue in sight.cues),
        flashes=state.flashes + sum(cue.event is Event.FLASH for cue in sight.cues),
    )


def _record(trace: Trace, frame: Frame, sight: Sight) -> None:
    if not trace.thumbnails or frame.time - trace.thumbnails[-1][0] >= THUMBNAIL_EVERY:
        trace.thumbnails.append((frame.time, frame.picture(*THUMBNAIL_SIZE)))
    trace.motion.append((frame.time, sight.cues[0].motion))
    trace.events.extend(cue for cue in sight.cues if cue.event is not None)
    if sight.window.affect is not None and (not trace.affects or frame.time - trace.affects[-1][0] >= AFFECT_EVERY):
        trace.affects.append((frame.time, sight.window.affect))
