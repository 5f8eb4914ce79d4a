import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from stream_v2m.core.channel import CueChannel, Latest, Lossless
from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.controls import Controls
from stream_v2m.core.features import CONDITIONS, FEATURE_SIZE, SCHEMA_VERSION
from stream_v2m.core.state import Board, State
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import Cadence, Cue, Dynamics, Event, FeatureWindow, StepPlan
from stream_v2m.core.worker import InlineWorker
from stream_v2m.inference.composer import Place
from stream_v2m.stages.compose import StepConfig, compose

pytestmark = pytest.mark.unit


@dataclass
class Asked:
    """A composer that notes when and for what it was asked."""

    clock: VirtualClock
    at: list[float] = field(default_factory=list)
    windows: list[FeatureWindow] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    revised: list[float] = field(default_factory=list)

    def revise(self, window: FeatureWindow, place: Place, controls: Controls) -> tuple[Chord, Dynamics]:
        self.revised.append(self.clock.now())
        return self.step(window, place, controls)

    def step(self, window: FeatureWindow, place: Place, controls: Controls) -> tuple[Chord, Dynamics]:
        self.at.append(self.clock.now())
        self.windows.append(window)
        self.places.append(place)
        return Chord(0, "maj"), Dynamics(0.1, 5.0)

    def cadence(self) -> list[Chord]:
        return [Chord(7, "7"), Chord(0, "maj")]


def window(time: float) -> FeatureWindow:
    features, present = np.zeros(FEATURE_SIZE, np.float32), np.ones(CONDITIONS, bool)
    return FeatureWindow(time, 1.0, features, present, None, 0.0, SCHEMA_VERSION)


def run(
    config: StepConfig,
    *,
    until: float,
    seen_until: float | None = None,
    change: tuple[float, float] | None = None,
    cut_at: float | None = None,
    chord_on_cut: float = 0.0,
) -> tuple[Asked, list[tuple[float, StepPlan | Cadence]], State]:
    """Compose at 120 bpm from beat 0 at 1 s; windows come ten times a second until ``seen_until``."""

    async def main() -> tuple[Asked, list[tuple[float, StepPlan | Cadence]], State]:
        clock, tempo = VirtualClock(), InternalTempo(120)
        tempo.start(1.0)
        windows, plans = Latest[FeatureWindow](), Lossless[StepPlan | Cadence](4)
        board = Board(State(controls=Controls(chord_on_cut=chord_on_cut)))
        composer, cuts, got = Asked(clock), CueChannel(), []

        async def see() -> None:
            for tick in range(int(until * 10)):
                await clock.sleep_until(tick / 10)
                if seen_until is None or tick / 10 <= seen_until:
                    windows.put(window(clock.now()))
            windows.close()

        async def cut() -> None:
            if cut_at is not None:
                await clock.sleep_until(cut_at)
                windows.put(window(clock.now()))
                cuts.put(Cue(cut_at, 0.5, Event.CUT, cut_at - 0.07))

        async def read() -> None:
            while not plans.closed:
                got.extend((clock.now(), plan) for plan in plans.drain())
                await clock.sleep_until(clock.now() + 0.01)

        async def turn() -> None:
            if change is not None:
                await clock.sleep_until(change[0])
                tempo.change(change[1], at=change[0])

        async with asyncio.TaskGroup() as group:
            for task in (see(), cut(), read(), turn()):
                group.create_task(task)
            group.create_task(
                compose(
                    windows,
                    composer,
                    plans,
                    config=config,
                    beats_per_bar=4,
                    tempo=tempo,
                    worker=InlineWorker(),
                    clock=clock,
                    board=board,
                    cuts=cuts,
                )
            )
        return composer, got, board.state

    return run_virtual(main())


def test_each_step_is_decided_a_whole_step_ahead_and_the_first_as_late_as_possible():
    composer, _, _ = run(StepConfig(), until=4.95)
    assert composer.at == pytest.approx([0.85, 1.03, 2.03, 3.03, 4.03])


def test_commit_ahead_moves_the_decision_towards_the_sound():
    composer, got, _ = run(StepConfig(commit_ahead_s=0.2), until=4.0)
    assert composer.at == pytest.approx([0.85, 1.8, 2.8, 3.8])
    assert [plan.onset for _, plan in got if isinstance(plan, StepPlan)] == [0, 2, 4, 6]


def test_a_step_knows_its_place_in_the_bar_and_its_duration():
    composer, _, _ = run(StepConfig(), until=4.0)
    assert [place.bar_position for place in composer.places] == [0.0, 0.5, 0.0, 0.5]
    assert {place.step_duration for place in composer.places} == {1.0}


def test_without_a_fresh_window_the_step_is_made_blind_and_counted():
    composer, got, state = run(StepConfig(), until=4.95, seen_until=2.5)
    assert [bool(seen.present.any()) for seen in composer.windows] == [True, True, True, True, False]
    assert state.blind_steps == 1
    assert len(got) == 6


def test_when_the_windows_end_a_cadence_ends_the_plans_soon():
    _, got, _ = run(StepConfig(), until=3.45)
    moment, last = got[-1]
    assert last == Cadence((Chord(7, "7"), Chord(0, "maj")))
    assert moment == pytest.approx(3.45, abs=0.12)


def test_a_change_of_tempo_moves_the_decisions_that_are_still_to_come():
    composer, _, _ = run(StepConfig(), until=7.95, change=(2.05, 60))
    # beat 4 was at 3.0; at 60 bpm from 2.05 on it comes at 3.95, and each step lasts two seconds
    assert composer.at[:3] == pytest.approx([0.85, 1.03, 2.03])
    assert composer.at[3:] == pytest.approx([3.98, 5.98, 7.98][: len(composer.at) - 3], abs=0.11)
    assert composer.places[3].step_duration == 2.0


def test_a_cut_has_the_step_that_has_not_begun_decided_anew_for_what_is_shown_now():
    composer, got, _ = run(StepConfig(), until=3.9, cut_at=2.345)
    assert composer.revised == pytest.approx([2.345])
    assert composer.windows[composer.at.index(composer.revised[0])].time == pytest.approx(2.345)
    plans = [plan for _, plan in got if isinstance(plan, StepPlan)]
    assert [(plan.step, plan.onset) for plan in plans] == [(0, 0), (1, 2), (2, 4), (2, 4), (3, 6)]
    assert composer.places[2] == composer.places[3]


def test_what_a_step_was_decided_anew_from_is_still_there_for_the_next_where_pictures_are_few():
    composer, _, state = run(StepConfig(), until=3.9, seen_until=2.2, cut_at=2.345)
    assert [window.time for window in composer.windows[-2:]] == pytest.approx([2.345, 2.345])
    assert state.blind_steps == 0


@pytest.mark.parametrize("cut_at", [0.5, 1.0, 2.9, 3.0])
def test_a_step_that_is_about_to_sound_or_not_decided_yet_stays_as_it_is(cut_at: float):
    composer, _, _ = run(StepConfig(), until=3.9, cut_at=cut_at)
    assert composer.revised == []
    assert composer.at == pytest.approx([0.85, 1.03, 2.03, 3.03])


def test_a_cut_that_brings_a_chord_has_it_decided_at_once():
    composer, got, _ = run(StepConfig(commit_ahead_s=0.2), until=3.5, cut_at=2.345, chord_on_cut=1.0)
    assert composer.revised == []
    assert composer.at == pytest.approx([0.85, 1.8, 2.345])
    assert [plan.onset for _, plan in got if isinstance(plan, StepPlan)] == [0, 2, 4]
