import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from stream_v2m.config import Config
from stream_v2m.core.chords import Key
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.arrangement import Mute, SetStyle, Solo
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.harmony import Hold, LockKey, LockScale, Reseed, Transpose
from stream_v2m.core.commands.performance import Learn, Panic, Play, Quit, Stop
from stream_v2m.core.commands.tempo import Nudge, SetTempo, Tap
from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.core.state import State
from stream_v2m.core.tempo import Segment
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import NoteEvent
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
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
    *commands: tuple[float, Command],
    seconds: float = 10.0,
    check: Callable[[Session], None] | None = None,
    config: Sequence[str] = (),
) -> Performance:
    """A whole performance of the synthetic film on a virtual clock, with commands at their moments."""

    async def main() -> Performance:
        clock, trace = VirtualClock(), Trace(title="")
        film = Film(SourceConfig(), seconds=seconds, rate_hz=10)
        session = Session(
            Config.load([], config), film, Outputs(), clock=clock, worker=lambda _: InlineWorker(), witnesses=[trace]
        )

        async def turn() -> None:
            for moment, command in commands:
                await clock.sleep_until(moment)
                session.command(command)
            if check is not None:
                check(session)
            await asyncio.Event().wait()

        await session.run(turn)
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


def test_quitting_ends_on_a_cadence_or_at_once():
    kind = perform((5.0, Quit()))
    abrupt = perform((5.0, Quit(cadence=False)))
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


def test_stopped_music_rests_and_comes_back_on_a_bar():
    played = perform((4.2, Stop(cadence=False)), (6.3, Play()), seconds=12)
    assert not [note for note in played.trace.notes if 4.2 <= note.onset < 7]
    assert min(note.onset for note in played.notes("bass", begin=7)) == pytest.approx(
        7.0, abs=0.05
    )  # bars are 2 s from 1
    assert played.state.phase == "stopped"


def test_music_stops_on_a_cadence_and_a_new_beginning_has_its_own_end():
    played = perform((4.2, Stop()), (9.0, Play()), seconds=14)
    last = max(note.onset for note in played.notes("bass", end=9))
    assert 5 < last < 9
    tonic = played.state.key
    assert tonic is not None
    assert {note.pitch % 12 for note in played.notes("bass", last, last + 0.1)} == {tonic.tonic}
    assert played.notes("bass", begin=9.1)


def test_a_performance_may_begin_at_rest():
    played = perform((5.3, Play()), seconds=8, config=["controls.playing=false"])
    assert min(note.onset for note in played.trace.notes) == pytest.approx(7.0, abs=0.05)


def test_what_is_played_while_it_plays_or_stopped_while_it_rests_changes_nothing():
    plain = perform(seconds=8)
    twice = perform((3.1, Play()), seconds=8)
    assert twice.trace.notes == plain.trace.notes
    assert perform((3.0, Stop(cadence=False)), (4.0, Stop()), seconds=8).state.phase == "stopped"


@pytest.mark.parametrize(("when", "moment"), [("now", 3.3), ("beat", 3.5), ("bar", 5.0)])
def test_a_command_takes_effect_now_on_the_beat_or_on_the_bar(when, moment):
    muted = perform((3.3, Mute(part="arpeggio", when=when)), seconds=7)
    plain = perform(seconds=7)
    reach = 0.06  # what is handed over already
    assert muted.notes("arpeggio", end=moment) == plain.notes("arpeggio", end=moment)
    assert plain.notes("arpeggio", begin=moment + reach)
    assert not muted.notes("arpeggio", begin=moment + reach)


def test_a_command_that_waits_is_shown_until_it_is_obeyed():
    def check(session: Session) -> None:
        session.command(Transpose(semitones=3, when="bar"))
        assert session.board.state.waiting == ("transpose",)
        assert session.board.controls.transpose == 0

    played = perform((1.5, Hold(on=False)), check=check, seconds=5)
    assert played.state.waiting == ()
    assert played.state.controls.transpose == 3


def test_taps_set_the_tempo_and_the_beat():
    taps = [(4.1 + 0.6 * turn, Tap()) for turn in range(5)]
    played = perform(*taps, seconds=14)
    assert played.state.controls.bpm == pytest.approx(100)
    beats = sorted({note.onset for note in played.notes("pad", begin=8)})
    assert beats
    assert all(abs((beat - 4.1) / 0.6 - round((beat - 4.1) / 0.6)) < 0.01 for beat in beats)


def test_a_tempo_that_was_once_played_is_kept_to():
    def check(session: Session) -> None:
        session.retime(Segment(4.5, 7.0, 90.0))

    played = perform((4.5, Hold(on=False)), check=check, seconds=12)
    assert played.state.bpm == 90
    beats = sorted({note.onset for note in played.notes("pad", begin=6)})
    assert beats
    assert all(abs((beat - 4.5) * 1.5 - round((beat - 4.5) * 1.5)) < 1e-6 for beat in beats)


def test_playing_on_the_bar_begins_on_that_bar():
    played = perform((3.2, Stop(cadence=False)), (5.2, Play(when="bar")), seconds=9)
    assert min(note.onset for note in played.notes("bass", begin=3.3)) == pytest.approx(7.0, abs=0.05)


def test_a_file_that_cannot_be_written_costs_no_other_witness_its_end():
    class Full(Witness):
        def ended(self, at: float) -> None:
            raise PortError("no room", where="take.mid")

    async def main(witnesses: list[Witness]) -> None:
        film = Film(SourceConfig(), seconds=1, rate_hz=5)
        session = Session(
            Config(), film, Outputs(), clock=VirtualClock(), worker=lambda _: InlineWorker(), witnesses=witnesses
        )
        await session.run()

    before, after = Trace(title=""), Trace(title="")
    with pytest.raises(PortError, match="no room"):
        run_virtual(main([before, Full(), after]))
    assert before.duration > 0
    assert after.duration > 0


def test_a_nudge_moves_the_beat_and_keeps_the_tempo():
    played = perform((4.0, Nudge(beats=0.25)), seconds=12)
    assert played.state.bpm == 120
    beats = sorted({note.onset for note in played.notes("pad", begin=8)})
    assert beats
    assert all(abs((beat + 0.125) / 0.5 - round((beat + 0.125) / 0.5)) < 0.01 for beat in beats)


def test_a_reroll_changes_what_comes_and_not_what_was():
    plain, rerolled = perform(seconds=14), perform((5.0, Reseed()), seconds=14)
    chords = [[plan.chord for _, _, plan in each.trace.plans] for each in (plain, rerolled)]
    assert chords[0][:4] == chords[1][:4]
    assert chords[0] != chords[1]


def test_a_scale_lock_keeps_to_the_scale():
    locked = perform((0.1, LockKey(key=Key.parse("D"))), (0.1, LockScale(scale="dorian")))
    notes = {pitch for _, _, plan in locked.trace.plans for pitch in plan.chord.pitch_classes}
    assert notes <= set(Key.parse("C").scale)


def test_without_an_input_nothing_can_be_learnt():
    def check(session: Session) -> None:
        with pytest.raises(ConfigError, match="no MIDI input to learn from"):
            session.command(Learn(command="panic"))

    perform(check=check, seconds=2)


def test_a_command_that_names_nothing_we_have_is_refused_and_changes_nothing():
    def check(session: Session) -> None:
        before = session.board.controls
        for command in (Mute(part="kazoo"), SetStyle(style="polka")):
            with pytest.raises(ConfigError, match=r"kazoo|polka"):
                session.command(command)
        assert session.board.controls == before
        session.command(Quit(cadence=False))

    assert perform(check=check).end < 1
