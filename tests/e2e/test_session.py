import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from stream_v2m.core.chords import Key
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands import (
    Command,
    Hold,
    LockKey,
    Mute,
    Panic,
    SetStyle,
    SetTempo,
    Solo,
    Stop,
    Transpose,
)
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import State
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import NoteEvent
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Config, Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig

pytestmark = pytest.mark.e2e


@dataclass
class Performance:
    """What was played, and the state at its end."""

    trace: Trace
    state: State
    end: float

    def notes(self, part: str, begin: float = 0.0, end: float = 1e9) -> list[NoteEvent]:
        return [note for note in self.trace.notes if note.part == part and begin <= note.onset < end]


def perform(
    *commands: tuple[float, Command], seconds: float = 10.0, check: Callable[[Session], None] | None = None
) -> Performance:
    """A whole performance of the synthetic film on a virtual clock, with commands at their moments."""

    async def main() -> Performance:
        clock, trace = VirtualClock(), Trace(title="")
        film = Film(SourceConfig(), seconds=seconds, rate_hz=10)
        session = Session(Config(), film, Outputs(), clock=clock, worker=lambda _: InlineWorker(), witnesses=[trace])

        async def turn() -> None:
            for moment, command in commands:
                await clock.sleep_until(moment)
                session.command(command)
            if check is not None:
                check(session)
            await asyncio.Event().wait()

        await session.run(turn())
        return Performance(trace, session.board.state, clock.now())

    return run_virtual(main())


def test_a_film_that_ends_is_ended_on_its_tonic():
    played = perform()
    tonic = played.state.key
    assert tonic is not None
    last = max(note.onset for note in played.trace.notes if note.part == "bass")
    assert {note.pitch % 12 for note in played.notes("bass", begin=last)} == {tonic.tonic}
    assert played.state.phase == "stopped"
    assert played.end < 10 + 5


def test_a_stop_ends_on_a_cadence_and_an_abrupt_one_at_once():
    kind = perform((5.0, Stop()))
    abrupt = perform((5.0, Stop(cadence=False)))
    assert abrupt.end == pytest.approx(5.0, abs=0.05)
    assert 6 < kind.end < 10


def test_a_muted_part_is_silent_and_a_solo_silences_the_others():
    played = perform((3.0, Mute(part="bass")), (6.0, Mute(part="bass", on=False)), (6.0, Solo(part="pad")))
    assert played.notes("bass", end=3.0)
    assert not played.notes("bass", begin=3.1, end=6.0)
    assert not played.notes("arpeggio", begin=6.1)
    assert played.notes("pad", begin=6.1)


def test_a_change_of_tempo_keeps_the_beat():
    played = perform((4.0, SetTempo(bpm=60)))
    beats = sorted({round(note.onset, 6) for note in played.notes("pad", begin=4.1)})
    assert beats
    # beat 6 sounds at 4.0; from there on every beat is a second
    assert all(abs((beat - 4.0) - round(beat - 4.0)) < 1e-6 for beat in beats)


def test_hold_stays_on_the_chord_and_the_key_lock_keeps_to_the_key():
    played = perform((2.5, Hold(on=True)), seconds=9)
    held = [plan.chord for _, _, plan in played.trace.plans if plan.onset >= 6]
    assert len(held) > 2
    assert len(set(held)) == 1
    key = Key.parse("Eb minor")
    locked = perform((0.1, LockKey(key=key)))
    notes = {pitch for _, _, plan in locked.trace.plans for pitch in plan.chord.pitch_classes}
    assert notes <= {*key.scale, (key.tonic - 1) % 12}


def test_transposing_moves_what_sounds():
    plain, higher = perform(seconds=6), perform((0.1, Transpose(semitones=5)), seconds=6)
    onset = plain.notes("bass")[0].onset
    assert higher.notes("bass", onset, onset + 0.01)[0].pitch == plain.notes("bass")[0].pitch + 5


def test_panic_silences_and_the_music_goes_on():
    played = perform((4.0, Panic()))
    assert played.notes("pad", begin=4.5)


def test_a_command_that_names_nothing_we_have_is_refused_and_changes_nothing():
    def check(session: Session) -> None:
        before = session.board.controls
        for command in (Mute(part="kazoo"), SetStyle(style="polka")):
            with pytest.raises(ConfigError, match=r"kazoo|polka"):
                session.command(command)
        assert session.board.controls == before
        session.command(Stop(cadence=False))

    assert perform(check=check).end < 1
