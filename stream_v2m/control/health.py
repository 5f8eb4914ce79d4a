"""Whether the performance goes on: told by frames seen, steps decided and messages sent, not by being up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.clock import Clock
from stream_v2m.core.state import Board, State
from stream_v2m.core.values import Affect, Cue, FeatureWindow, Frame, MidiEvent, StepPlan
from stream_v2m.core.witness import Witness

WAITING = "waiting"  # how a source's status begins that waits for somebody, whom no restart of ours would bring


class HealthConfig(BaseModel):
    """How long nothing may happen before that is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame_s: float = Field(5.0, gt=0, description="seconds without a frame")
    step_s: float = Field(5.0, gt=0, description="seconds without a new step when the last one has ended")
    message_s: float = Field(30.0, gt=0, description="seconds without a MIDI message while the music plays")


class Health(Witness):
    """Remembers when something last happened."""

    def __init__(self, config: HealthConfig, *, board: Board, clock: Clock) -> None:
        self._config, self._board, self._clock = config, board, clock
        self._began: float | None = None
        self._framed = self._sent = 0.0
        self._decided, self._step_ends = 0.0, 0.0

    def began(self, at: float) -> None:
        self._began = self._framed = self._sent = self._decided = at
        self._step_ends = at + self._config.step_s

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        self._framed = at

    def planned(self, plan: StepPlan, onset: float, duration: float, window: FeatureWindow | None) -> None:
        self._decided, self._step_ends = self._clock.now(), onset + duration

    def sent(self, messages: Sequence[MidiEvent]) -> None:
        self._sent = self._clock.now()

    @property
    def frame_age(self) -> float:
        """Seconds since the newest frame was measured."""
        return self._age(self._framed)

    @property
    def step_age(self) -> float:
        """Seconds since a step was decided."""
        return self._age(self._decided)

    @property
    def message_age(self) -> float:
        """Seconds since messages were written."""
        return self._age(self._sent)

    def failing(self) -> tuple[str, ...]:
        """Why it does not go on though it should; empty if it does."""
        state = self._board.state
        if self._began is None or state.phase not in ("playing", "resting"):
            return ()
        reasons = []
        if self.frame_age > self._config.frame_s and not state.source.status.startswith(WAITING):
            reasons.append(f"no frame for {self.frame_age:.0f} s (source: {state.source.status})")
        if self._clock.now() - self._step_ends > self._config.step_s:
            reasons.append(f"no step for {self.step_age:.0f} s")
        if _audible(state) and self.message_age > self._config.message_s:
            reasons.append(f"no message for {self.message_age:.0f} s")
        return tuple(reasons)

    def unready(self) -> tuple[str, ...]:
        """Why nobody should listen yet, or any more; empty if there is something to hear."""
        state = self._board.state
        reasons = list(self.failing())
        if self._began is None or state.phase in ("starting", "ending", "stopped"):
            reasons.append(f"the performance is {state.phase}")
        if state.source.status.startswith(WAITING):
            reasons.append(f"source: {state.source.status}")
        return (*reasons, *state.player.problems)

    def told(self) -> dict[str, Any]:
        """Fields for JSON."""
        failing, unready = self.failing(), self.unready()
        return {"ok": not failing, "ready": not unready, "reasons": unready}

    def _age(self, moment: float) -> float:
        return 0.0 if self._began is None else max(0.0, self._clock.now() - moment)


def _audible(state: State) -> bool:
    return state.phase == "playing" and any(state.controls.audible(part) for part in state.parts)
