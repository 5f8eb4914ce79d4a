"""Observe: frames into cues for the performer and windows for the composer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from stream_v2m.core.channel import CueChannel, Latest
from stream_v2m.core.clock import Clock
from stream_v2m.core.features import Condition
from stream_v2m.core.state import Board, EstimatorState
from stream_v2m.core.values import Event, FeatureWindow, Frame
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import Worker
from stream_v2m.vision.affect import Measures
from stream_v2m.vision.mood import Voice
from stream_v2m.vision.observer import Sight

RATE_WINDOW = 32  # frames over which the frame rate is told


@dataclass(frozen=True, slots=True)
class Look:
    """A frame and what was measured of it, for estimators that take longer."""

    frame: Frame
    measures: Measures


class Eye(Protocol):
    """What is asked about each frame: ``vision``'s observer, or what was once seen in its place."""

    @property
    def estimator(self) -> str:
        """Who is listened to for the mood."""
        ...

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of the zones that cues tell of, in their order."""
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
    looks: Latest[Look] | None = None,
    cuts: CueChannel | None = None,
    witnesses: Sequence[Witness] = (),
) -> None:
    """Measure every frame that is taken; ``windows`` always holds the newest ``span()`` seconds.

    Args:
        looks: always holds the newest frame that was measured.
        cuts: is given every cut that is sure, when its window is there.
    """
    times: deque[float] = deque(maxlen=RATE_WINDOW)
    try:
        async for frame in frames:
            eye.freeze(board.controls.range_frozen)
            sight = await worker.run(eye.see, frame, span=span())
            arrived = clock.now()
            for cue in sight.cues:
                cues.put(cue)
            windows.put(sight.window)
            for cue in sight.cues:
                if cuts is not None and cue.event is Event.CUT:
                    cuts.put(cue)
            if looks is not None and sight.measures is not None:
                looks.put(Look(frame, sight.measures))
            times.append(frame.time)
            _report(board, frames, sight, eye.zones, times, latency=arrived - frame.time)
            for witness in witnesses:
                witness.saw(frame, sight.cues, sight.window.affect, at=arrived)
    finally:
        windows.close()
        if looks is not None:
            looks.close()


def _report(
    board: Board, frames: Latest[Frame], sight: Sight, zones: Sequence[str], times: deque[float], *, latency: float
) -> None:
    state = board.state
    elapsed = times[-1] - times[0]
    voices = {voice.name: voice for voice in sight.voices}
    source = replace(
        state.source,
        frames=state.source.frames + 1,
        rate_hz=(len(times) - 1) / elapsed if elapsed > 0 else 0.0,
        dropped=frames.stats.dropped,
        observe_ms=latency * 1000 - state.source.latency_ms,
    )
    board.update(
        source=source,
        affect=sight.window.affect,
        estimators=tuple(_voiced(estimator, voices.get(estimator.name)) for estimator in state.estimators),
        semantics=bool(sight.window.present[Condition.SEMANTIC]),
        cue=sight.cues[-1],
        cuts=state.cuts + sum(cue.event is Event.CUT for cue in sight.cues),
        flashes=state.flashes + sum(cue.event is Event.FLASH for cue in sight.cues),
        onsets=state.onsets + sum(cue.event is Event.ONSET for cue in sight.cues),
        zones=dict(zip(zones, sight.cues[-1].zones, strict=True)),
        flow=sight.cues[-1].flow,
    )


def _voiced(estimator: EstimatorState, voice: Voice | None) -> EstimatorState:
    if voice is None:
        return replace(estimator, share=0.0)
    return replace(estimator, share=voice.share, confidence=voice.confidence, age=voice.age)
