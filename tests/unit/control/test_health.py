"""Health: it goes on when frames, steps and messages come, whatever else is up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stream_v2m.control.health import Health, HealthConfig
from stream_v2m.core.chords import Chord
from stream_v2m.core.commands.arrangement import Mute
from stream_v2m.core.state import Board, PlayerState, SourceState, State
from stream_v2m.core.values import Cue, Dynamics, Frame, MidiEvent, StepPlan
from tests.support.standing_clock import StandingClock

pytestmark = pytest.mark.unit

FRAME = Frame(0.0, np.zeros((3, 90, 160), np.uint8), lambda width, height: np.zeros((height, width, 3), np.uint8))
PLAN = StepPlan(0, 0.0, 2.0, Chord.parse("C:maj"), Dynamics(0.1, 4.0), None)


class Show(StandingClock):
    """A performance that goes on as far as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        source = SourceState(status="playing")
        self.board = Board(State(phase="playing", parts=("bass", "pad"), source=source))
        self.health = Health(HealthConfig(frame_s=2, step_s=2, message_s=10), board=self.board, clock=self)
        self.health.began(0.0)

    def go_on(self, until: float, *, frames: bool = True, steps: bool = True, messages: bool = True) -> None:
        while self.moment < until:
            self.moment += 0.5
            if frames:
                self.health.saw(FRAME, [Cue(self.moment, 0.1)], None, at=self.moment)
            if steps:
                self.health.planned(PLAN, self.moment + 1, 1.0, None)
            if messages:
                self.health.sent([MidiEvent(self.moment, 0, b"\x90\x40\x40")])


def test_what_goes_on_is_healthy_and_ready():
    show = Show()
    show.go_on(30)
    assert show.health.told() == {"ok": True, "ready": True, "reasons": ()}


@pytest.mark.parametrize("missing", ["frames", "steps", "messages"])
def test_what_no_longer_comes_is_named(missing):
    show = Show()
    show.go_on(5)
    show.go_on(30, **{missing: False})
    (reason,) = show.health.failing()
    assert reason.startswith(f"no {missing.rstrip('s')} for")


def test_a_source_that_waits_for_somebody_is_no_fault_and_nothing_to_hear():
    show = Show()
    show.board.update(source=SourceState(status="waiting for a publisher"))
    show.go_on(30, frames=False)
    assert show.health.failing() == ()
    assert show.health.unready() == ("source: waiting for a publisher",)


def test_a_slow_tempo_is_no_fault():
    show = Show()
    show.health.planned(PLAN, 1.0, 48.0, None)  # one step of 16 beats at 20 bpm
    show.go_on(45, steps=False)
    assert show.health.failing() == ()


def test_silence_that_was_asked_for_is_no_fault():
    show = Show()
    controls = show.board.controls
    for part in ("bass", "pad"):
        controls = Mute(part=part).apply(controls)
    show.board.update(controls=controls)
    show.go_on(30, messages=False)
    assert show.health.failing() == ()


def test_before_the_beginning_and_after_the_end_nothing_is_at_fault_and_nothing_to_hear():
    show = Show()
    show.board.update(phase="starting")
    show.moment = 100
    assert show.health.told() == {"ok": True, "ready": False, "reasons": ("the performance is starting",)}


def test_a_missing_output_is_named():
    show = Show()
    show.go_on(5)
    show.board.update(player=replace(PlayerState(), problems=("port:X: not there",)))
    assert show.health.unready() == ("port:X: not there",)
