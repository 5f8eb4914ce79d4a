"""Compose: once a step, the newest window into a plan for a coming step."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.channel import CueChannel, Latest, Lossless
from stream_v2m.core.clock import Clock, wait_until
from stream_v2m.core.state import Board
from stream_v2m.core.tempo import Tempo
from stream_v2m.core.values import Cadence, FeatureWindow, StepPlan
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import Worker
from stream_v2m.inference.composer import Composer, Place
from stream_v2m.music.accent import brings_chord
from stream_v2m.vision.window import absent_window

NAP = 0.1  # seconds between looks at a tempo that may change
OFF_THE_BEAT = 0.03  # seconds after a beat: the models run when its notes have left
LATEST_COMMIT_S = 0.15  # a step is decided at least so long before it sounds; the first so late, to have seen something


class StepConfig(BaseModel):
    """When the models are asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period_beats: float = Field(2.0, gt=0, le=16, description="beats per chord")
    lead_in_beats: int = Field(2, ge=1, le=16, description="beats of looking before the first chord")
    revise: bool = Field(
        True, description="a cut has what was decided ahead, and does not sound yet, decided anew; off: as was told"
    )
    commit_ahead_s: float | None = Field(
        None, gt=0, le=10, description="decide this long before a step sounds; a whole step if not given"
    )

    def seconds(self, tempo: Tempo) -> float:
        """How long a step lasts now."""
        return self.period_beats * 60 / tempo.bpm


async def compose(
    windows: Latest[FeatureWindow],
    composer: Composer,
    plans: Lossless[StepPlan | Cadence],
    *,
    config: StepConfig,
    beats_per_bar: int,
    tempo: Tempo,
    worker: Worker,
    clock: Clock,
    board: Board,
    cuts: CueChannel,
    witnesses: Sequence[Witness] = (),
) -> None:
    """Plan step after step until ``windows`` is closed, then end on a cadence.

    A step for which no window is fresh is made with the conditions absent, and counted. A cut has the step that was
    decided last, for another scene, decided anew unless it is about to sound (``config.revise``): a plan replaces the
    one with its number. Where it is to bring the coming chord forward, and that is not decided yet, it is at once.
    """
    steps = 0
    try:
        while True:
            revised = await _due(steps, windows, config, tempo, clock, board, cuts)
            if windows.closed:
                break
            step = steps - revised
            onset = step * config.period_beats
            place = Place(step_duration=config.seconds(tempo), bars=onset / beats_per_bar)
            seen = windows.peek() if revised else windows.take()  # the next step may find none that is newer
            cuts.take()  # it knows of them
            board.update(blind_steps=board.state.blind_steps + (seen is None))
            window = seen or absent_window(clock.now(), place.step_duration)
            asked = clock.now()
            decide = composer.revise if revised else composer.step
            chord, dynamics = await worker.run(decide, window, place, board.controls)
            plan = StepPlan(step, onset, config.period_beats, chord, dynamics, window.affect)
            await plans.put(plan)
            board.update(step=step, key=chord.key, step_ms=(clock.now() - asked) * 1000)
            begin, end = tempo.time_at(onset), tempo.time_at(onset + plan.duration)
            for witness in witnesses:
                witness.planned(plan, begin, end - begin, seen)
            steps = step + 1
        await plans.put(Cadence(tuple(composer.cadence())))
    finally:
        plans.close()


async def _due(
    steps: int,
    windows: Latest[FeatureWindow],
    config: StepConfig,
    tempo: Tempo,
    clock: Clock,
    board: Board,
    cuts: CueChannel,
) -> bool:
    """Sleep until the step after the ``steps`` decided ones is due, or the last of them again, or the windows end.

    Whether it is the last one again.
    """
    onset = steps * config.period_beats
    while not windows.closed:
        ahead = config.commit_ahead_s or config.seconds(tempo) - OFF_THE_BEAT
        if steps == 0:
            ahead = min(ahead, LATEST_COMMIT_S)
        commit = tempo.time_at(onset) - ahead
        now = clock.now()
        if now >= commit:
            return False
        if (cut := cuts.take()) and steps:
            last = tempo.time_at(onset - config.period_beats)
            if config.revise and now < last - LATEST_COMMIT_S:
                return True
            if now >= last and any(brings_chord(cue, board.controls) for cue in cut):
                return False
        await wait_until(min(commit, now + NAP), cuts.wait, clock)
    return False
