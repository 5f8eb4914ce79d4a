import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from stream_v2m.core.channel import CueChannel, Lossless
from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.state import Board, PlayerState, State
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import Cadence, Cue, Event, MidiEvent, StepPlan
from stream_v2m.core.witness import Witness
from stream_v2m.midi.clock_out import ClockConfig, ClockOut
from stream_v2m.midi.controllers import Controllers, ControllersConfig
from stream_v2m.music.sequencer import MusicConfig, Sequencer
from stream_v2m.stages.perform import perform
from tests.support.music import plans as planned
from tests.support.music import shipped

pytestmark = pytest.mark.unit

LOOKAHEAD = 0.06
STAB = 4  # channel of the accents in the shipped style


@dataclass
class Sent:
    """Outputs that keep what was sent, with the moment of sending."""

    clock: VirtualClock
    lookahead: float = LOOKAHEAD
    events: list[tuple[float, MidiEvent]] = field(default_factory=list)
    released: list[float] = field(default_factory=list)

    def send(self, events: Iterable[MidiEvent]) -> None:
        self.events += [(self.clock.now(), event) for event in events]

    def release_all(self, at: float) -> None:
        self.released.append(at)

    def tend(self) -> PlayerState:
        return PlayerState()

    def notes(self, channel: int) -> list[tuple[float, MidiEvent]]:
        return [(at, event) for at, event in self.events if event.message[0] == 0x8F + channel]


class Marks(Witness):
    """Keeps the words about moments."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def marked(self, text: str, at: float) -> None:
        self.words.append(text)


def run(
    *,
    cut_at: float | None = None,
    cancel_at: float | None = None,
    marks: Marks | None = None,
    rate_hz: float | None = None,
) -> tuple[Sent, float, State]:
    """Three chords from second 1 on, then a cadence; at 120 bpm. Pictures come at ``rate_hz``, if at all."""

    async def main() -> tuple[Sent, float, State]:
        clock, tempo, board = VirtualClock(), InternalTempo(120), Board(State())
        tempo.start(1.0)
        plans, cues, outputs = Lossless[StepPlan | Cadence](4), CueChannel(), Sent(clock)
        sequencer = Sequencer(shipped(), tempo, MusicConfig(), seed=0)

        async def compose() -> None:
            for plan in planned("C C G"):
                await plans.put(plan)
                await clock.sleep_until(clock.now() + 1.0)
            await plans.put(Cadence((Chord(7, "7"), Chord(0, "maj"))))

        async def see() -> None:
            if cut_at is not None:
                await clock.sleep_until(cut_at)
                cues.put(Cue(cut_at, 0.5, Event.HIT, cut_at))
            while rate_hz is not None and not performing.done():
                cues.put(Cue(clock.now(), 0.5))
                await clock.sleep_until(clock.now() + 1 / rate_hz)

        performing = asyncio.ensure_future(
            perform(
                plans,
                cues,
                outputs,
                sequencer,
                ClockOut(ClockConfig(always=False), beats_per_bar=4),
                Controllers(ControllersConfig.model_validate({"map": [{"signal": "loudness", "controller": 20}]})),
                tempo=tempo,
                clock=clock,
                board=board,
                witnesses=[marks] if marks else [],
            )
        )
        others = asyncio.gather(compose(), see())
        if cancel_at is not None:
            await clock.sleep_until(cancel_at)
            performing.cancel()
        await asyncio.gather(performing, others, return_exceptions=True)
        return outputs, clock.now(), board.state

    return run_virtual(main())


def test_every_note_is_handed_over_before_it_is_due_but_not_long_before():
    outputs, _, _ = run()
    notes = [(at, event) for at, event in outputs.events if event.release is not None]
    assert len(notes) > 20
    assert all(-1e-6 <= event.due - at <= LOOKAHEAD + 0.02 for at, event in notes)


def test_notes_are_written_with_a_picture_while_pictures_come():
    outputs, _, _ = run(rate_hz=30.0)
    pictures = [at * 30.0 for at, event in outputs.events if event.release is not None]
    assert len(pictures) > 20
    assert pictures == pytest.approx([round(picture) for picture in pictures], abs=1e-3)


def test_a_cut_is_answered_in_the_same_moment():
    outputs, _, _ = run(cut_at=2.345)
    at, event = outputs.notes(STAB)[0]
    assert at == event.due == pytest.approx(2.345)


def test_the_cadence_is_played_to_its_end_and_then_everything_is_released():
    outputs, end, state = run()
    last = max(event.release or 0.0 for _, event in outputs.events)
    assert end == pytest.approx(last, abs=0.1)
    assert outputs.released == [pytest.approx(end)]
    assert state.phase == "ending"
    assert max(event.due for _, event in outputs.notes(1)) > 4.0


def test_a_cancelled_performance_releases_at_once():
    outputs, _, _ = run(cancel_at=2.5)
    assert outputs.released == [pytest.approx(2.5)]


def test_a_chord_is_marked_when_it_changes_and_so_is_a_cadence():
    marks = Marks()
    run(marks=marks)
    assert marks.words == ["C:maj", "G:maj", "G:7", "C:maj"]


def test_a_signal_leaves_as_a_controller_when_it_is_known():
    outputs, _, _ = run()
    controllers = [(at, event) for at, event in outputs.events if event.message[:2] == bytes((0xBF, 20))]
    assert controllers
    assert all(at == event.due for at, event in controllers)


def test_the_state_tells_what_sounds_and_what_comes():
    _, _, state = run()
    assert state.history[:2] == (Chord(0, "maj"), Chord(7, "maj"))
    assert state.beat > 6
