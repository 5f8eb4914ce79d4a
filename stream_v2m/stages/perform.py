"""Perform: plans and cues into notes, a slice at a time, so that a cue shapes what has not sounded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from stream_v2m.core.channel import CueChannel, Lossless
from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import Clock, wait_until
from stream_v2m.core.state import HISTORY, Board, PlayerState
from stream_v2m.core.tempo import Tempo
from stream_v2m.core.values import Cadence, MidiEvent, MusicEvent, StepPlan, Track
from stream_v2m.core.witness import Witness
from stream_v2m.midi.clock_out import ClockOut
from stream_v2m.midi.controllers import Controllers, signals_of
from stream_v2m.midi.message import encode
from stream_v2m.midi.outputs import Outputs
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.music.style import Style

UNSEEN = 0.7  # of the lookahead after which a slice is written though no picture has come; the rest is for delays
REPORT_EVERY = 0.09  # seconds; every third picture of 30 a second


async def perform(
    plans: Lossless[StepPlan | Cadence],
    cues: CueChannel,
    outputs: Outputs,
    sequencer: Sequencer,
    pulses: ClockOut,
    controllers: Controllers,
    *,
    tempo: Tempo,
    clock: Clock,
    board: Board,
    witnesses: Sequence[Witness] = (),
) -> None:
    """Play until a cadence has ended; on any exit leave no note sounding."""
    end = math.inf
    marked: Chord | None = None
    reported = clock.now()
    faults = 0
    style: Style | None = None

    def send(messages: Sequence[MidiEvent]) -> None:
        if messages:
            outputs.send(messages)
            for witness in witnesses:
                witness.sent(messages)

    def play(events: Iterable[MusicEvent], since: float) -> None:
        nonlocal style
        if sequencer.style is not style:
            style = sequencer.style
            for witness in witnesses:
                witness.arranged([Track(part.name, part.channel, part.program) for part in style.parts])
        if events := list(events):
            for witness in witnesses:
                witness.wrote(since, clock.now())
                witness.played(events)
            send([encode(event, channel=sequencer.style.channel(event.part)) for event in events])

    try:
        play(sequencer.setup(clock.now() + outputs.lookahead), reported)
        while clock.now() < end:
            now, controls = clock.now(), board.controls
            for item in plans.drain():
                if isinstance(item, Cadence):
                    end = sequencer.finish(item.chords, at=now) if controls.playing else now
                    pulses.stop(end)
                    board.update(phase="ending")
                    continue
                sequencer.accept(item)
            play(sequencer.accents(cues.take(), at=now, controls=controls), now)
            send(controllers.events(signals_of(board.state), at=now))
            until = now + outputs.lookahead
            send(pulses.events(until, tempo))
            play(sequencer.events(until, controls), now)
            begun = sequencer.begun
            if begun is not None and begun.chord != marked:
                marked = begun.chord
                for witness in witnesses:
                    witness.marked(str(marked), tempo.time_at(begun.onset))
            if now >= reported:
                reported = now + REPORT_EVERY
                player = outputs.tend()
                if faults != (faults := player.restarts + player.returns):
                    pulses.realign(now)  # a receiver of the clock has lost its place
                _report(board, player, sequencer, tempo, now)
            await wait_until(min(end, now + UNSEEN * outputs.lookahead), cues.wait, clock)
    finally:
        now = clock.now()
        outputs.release_all(now)  # no await: a second cancel must not strand a note
        for witness in witnesses:
            witness.released(now)


def _report(board: Board, player: PlayerState, sequencer: Sequencer, tempo: Tempo, now: float) -> None:
    state = board.state
    sounding, coming = sequencer.sounding(now), sequencer.coming(now)
    chord = sounding.chord if sounding else None
    known = {_output_of(problem) for problem in state.player.problems}
    for problem in player.problems:
        if _output_of(problem) not in known:
            board.notice(problem)
    history = state.history
    if chord is not None and (not history or history[-1] != chord):
        history = (*history, chord)[-HISTORY:]
    board.update(
        time=now,
        beat=tempo.beat_at(now),
        chord=chord,
        next_chord=coming.chord if coming else None,
        dynamics=sounding.dynamics if sounding else None,
        history=history,
        player=player,
        bpm=tempo.bpm,
        parts=sequencer.style.part_names,
    )


def _output_of(problem: str) -> str:
    """Which output a sentence is about; what else it says changes as other ports come and go."""
    return problem.partition(": ")[0]
