"""Whole performances whose sources come, go and change, on the virtual clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from stream_v2m.config import Config
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.arrangement import Mute
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.harmony import Transpose
from stream_v2m.core.commands.performance import Play, Quit, SetSource, Stop
from stream_v2m.core.commands.tempo import SetTempo
from stream_v2m.core.errors import ConfigError, SourceError
from stream_v2m.core.state import State
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Affect, Cue, Frame
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import Source, SourceConfig
from stream_v2m.sources.supply import Supply
from tests.support.sources import FOREVER, Fake, Patient

pytestmark = pytest.mark.e2e

OUT = SourceError("the cable is out", where="cam")


class Told(Witness):
    """What was told of beginning, commands, and other sources."""

    def __init__(self) -> None:
        self.began_at: float | None = None
        self.switched: list[float] = []
        self._stream = 0
        self.commands: list[tuple[float, str]] = []

    def began(self, at: float) -> None:
        self.began_at = at

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        if frame.stream != self._stream:
            self._stream = frame.stream
            self.switched.append(at)

    def commanded(self, command: Command, at: float) -> None:
        self.commands.append((at, type(command).__name__))


@dataclass
class Performance:
    """What was played and told, and the state at its end."""

    trace: Trace
    told: Told
    state: State
    end: float
    phases: list[str] = field(default_factory=list)

    def onsets(self, part: str = "arpeggio") -> list[float]:
        return sorted(note.onset for note in self.trace.notes if note.part == part)


def perform(
    makers: Mapping[str, Callable[[], Source]],
    *commands: tuple[float, Command],
    config: Sequence[str] = (),
    check: Callable[[Session], None] | None = None,
) -> Performance:
    """A whole performance with commands at their moments."""

    async def main() -> Performance:
        clock, trace, told = VirtualClock(), Trace(title=""), Told()
        made: list[Any] = []

        def making(make: Callable[[], Source]) -> Callable[[], Source]:
            def remembered() -> Source:
                made.append(make())
                return made[-1]

            return remembered

        def worker(name: str) -> Any:
            return (
                Patient([each for each in made[-1:] if isinstance(each, Fake)], clock) if name == "source" else inline
            )

        inline = InlineWorker()
        supply = Supply({name: making(make) for name, make in makers.items()})
        session = Session(
            Config.load([], config), supply, Outputs(), clock=clock, worker=worker, witnesses=[trace, told]
        )
        phases: list[str] = []

        async def turn() -> None:
            for moment, command in commands:
                await clock.sleep_until(moment)
                phases.append(session.board.state.phase)
                session.command(command)
            if check is not None:
                check(session)
            await asyncio.Event().wait()

        await session.run(turn)
        return Performance(trace, told, session.board.state, clock.now(), phases)

    return run_virtual(main())


def film(seed: int, seconds: float = 8.0) -> Callable[[], Film]:
    return lambda: Film(SourceConfig(), seed=seed, seconds=seconds, rate_hz=10)


def camera(pictures: int = 10_000, **more: Any) -> Callable[[], Fake]:
    return lambda: Fake([0.1] * pictures, **more)


def one_after_the_other(*makers: Callable[[], Source]) -> Callable[[], Source]:
    """Another one each time; the last one again and again."""
    left = list(makers)
    return lambda: (left.pop(0) if len(left) > 1 else left[0])()


def test_a_switch_leaves_no_gap_in_the_music_and_no_step_blind():
    played = perform({"one": film(1), "two": film(2)}, (5.05, SetSource(source="two")))
    assert played.state.source.name == "two"
    assert played.state.blind_steps == 0
    steps = [onset for onset, _, _ in played.trace.plans]
    assert [b - a for a, b in itertools.pairwise(steps)] == pytest.approx([1.0] * (len(steps) - 1))
    onsets = [onset for onset in played.onsets() if 3 < onset < 11]
    assert max(b - a for a, b in itertools.pairwise(onsets)) < 1.1
    assert 13 < played.end < 18


def test_a_switch_is_no_cut_of_the_film_and_makes_no_accent():
    played = perform({"one": film(1), "two": film(2)}, (5.05, SetSource(source="two")))
    assert not [cue for cue in played.trace.events if 4.9 < cue.time < 6.0]
    assert played.told.switched == pytest.approx([5.05], abs=0.05)


def test_music_goes_on_blindly_and_without_accents_while_a_source_is_lost():
    lost = one_after_the_other(camera(50, fault=OUT), lambda: Fake([], fault=OUT))
    played = perform({"cam": lost}, (30.0, Quit()))
    assert played.state.blind_steps >= 20
    assert not [cue for cue in played.trace.events if cue.time > 5.5]
    onsets = [onset for onset in played.onsets("bass") if 6 < onset < 30]
    assert max(b - a for a, b in itertools.pairwise(onsets)) < 4
    assert played.state.cue is not None
    assert (played.state.cue.motion, played.state.affect) == (0.0, None)
    assert played.state.phase == "stopped"
    assert 30 < played.end < 36


def test_what_comes_back_after_a_while_is_seen_and_makes_no_accent():
    broken = lambda: Fake([], fault=OUT)  # noqa: E731
    back = one_after_the_other(camera(50, fault=OUT), broken, broken, camera(value=200))
    played = perform({"cam": back}, (12.0, Quit()))
    assert played.state.source.retries == 3
    assert played.state.source.frames > 80
    assert not played.trace.events


def test_surfaces_run_before_the_first_source_is_there_and_the_performance_begins_with_it():
    waiting = camera(opens=60.0, awaits="a publisher")
    played = perform({"in": waiting}, (30.0, Transpose(semitones=3)), (70.0, Quit()))
    assert played.phases == ["starting", "playing"]
    assert played.told.began_at == 60.0
    assert min(played.onsets("bass")) == pytest.approx(61.0)


def test_what_is_commanded_before_the_beginning_waits_for_it_and_is_told_then():
    waiting = camera(opens=60.0, awaits="a publisher")
    early = [Mute(part="pad"), SetTempo(bpm=90), Stop(), Play(when="bar")]
    played = perform({"in": waiting}, *((10.0 + place, command) for place, command in enumerate(early)), (70.0, Quit()))
    assert played.told.commands[:-1] == [(60.0, type(command).__name__) for command in early]
    assert played.state.controls.bpm == 90
    assert not [note for note in played.trace.notes if note.part == "pad"]
    assert played.onsets("bass")


def test_a_command_that_waits_for_the_beginning_is_shown():
    def check(session: Session) -> None:
        session.command(Transpose(semitones=3))
        assert session.board.state.waiting == ("transpose",)
        session.command(Quit())

    perform({"in": camera(opens=FOREVER, awaits="a publisher")}, check=check)


@pytest.mark.parametrize("cadence", [True, False])
def test_quitting_while_a_source_is_waited_for_ends_at_once(cadence: bool):
    played = perform({"in": camera(opens=FOREVER, awaits="a publisher")}, (5.0, Quit(cadence=cadence)))
    assert played.end == pytest.approx(5.0)
    assert played.told.began_at is None
    assert not played.trace.notes


def test_quitting_while_a_source_is_lost_ends_on_a_cadence():
    lost = one_after_the_other(camera(50, fault=OUT), lambda: Fake([], fault=OUT))
    played = perform({"cam": lost}, (20.0, Quit()))
    tonic = played.state.key
    assert tonic is not None
    last = max(played.onsets("bass"))
    assert 20.5 < last < 26
    assert {note.pitch % 12 for note in played.trace.notes if note.part == "bass" and note.onset >= last} == {
        tonic.tonic
    }


def test_a_first_source_that_is_not_there_is_an_error_at_once_and_with_patience_it_is_waited_for():
    gone = one_after_the_other(lambda: Fake([], fault=OUT), lambda: Fake([], fault=OUT), camera())
    with pytest.raises(ExceptionGroup) as caught:
        perform({"cam": gone})
    assert caught.group_contains(SourceError, match="the cable is out")
    gone = one_after_the_other(lambda: Fake([], fault=OUT), lambda: Fake([], fault=OUT), camera())
    played = perform({"cam": gone}, (9.0, Quit()), config=["source.patient=true"])
    assert played.told.began_at is not None
    assert 0.5 < played.told.began_at < 2


def test_a_source_that_nobody_gave_is_refused_with_those_that_are_there():
    def check(session: Session) -> None:
        assert session.board.state.sources == ("one", "two")
        with pytest.raises(ConfigError, match="three: no such source, expected one, two"):
            session.command(SetSource(source="three"))

    perform({"one": film(1, 2.0), "two": film(2)}, check=check)


def test_a_switch_may_wait_for_the_bar():
    two = {"one": camera(), "two": camera(value=200)}
    played = perform(two, (5.2, SetSource(source="two", when="bar")), (9.0, Quit(cadence=False)))
    assert played.told.switched == pytest.approx([7.0], abs=0.11)  # bars are 2 s from 1
