"""Conduct: transport and tempo, whoever leads them, and what waits for a beat or a bar."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.command import When
from stream_v2m.core.commands.performance import Play, Stop
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import Board
from stream_v2m.core.tempo import InternalTempo, Segment, TapTempo
from stream_v2m.core.witness import Witness
from stream_v2m.midi.clock_in import Transport
from stream_v2m.midi.clock_out import ClockConfig, ClockOut
from stream_v2m.midi.outputs import Outputs
from stream_v2m.music.figures import EPSILON
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.stages.lead import TempoConfig, leader

LOOK_EVERY = 0.05  # seconds between looks at a tempo that may change
AN_INSTANT = 1e-9  # seconds
MARGIN = 0.005  # seconds before a slice is written that a command which changes it is obeyed

Action = Callable[[float], None]


class Conductor:
    """Keeps time for one performance; everything is called on the event loop, and nothing waits.

    Args:
        cadence: the chords that bring the music to rest.
    """

    def __init__(
        self,
        tempo: InternalTempo,
        sequencer: Sequencer,
        outputs: Outputs,
        config: TempoConfig,
        clock_config: ClockConfig,
        *,
        cadence: Callable[[], Sequence[Chord]],
        beats_per_bar: int,
        clock: Clock,
        board: Board,
        witnesses: Sequence[Witness] = (),
    ) -> None:
        self._tempo, self._sequencer, self._outputs, self._config = tempo, sequencer, outputs, config
        self._cadence, self._bar = cadence, float(beats_per_bar)
        self._clock, self._board, self._witnesses = clock, board, witnesses
        self.pulses = ClockOut(clock_config, beats_per_bar=beats_per_bar)
        self._leader = leader(tempo, config, board, beats_per_bar=beats_per_bar, clock=clock)
        self._taps = TapTempo()
        self._waiting: list[tuple[float, int, str, Action]] = []
        self._count = count()
        self._told = -math.inf  # moment up to which the tempo's pieces were told
        self._rests: float | None = None  # when what still sounds is to be released

    # -- transport

    def start(self, begin: float, *, lead_in_beats: int) -> None:
        """Begin at session second ``begin``: beat 0 is some beats later, and the music with it unless it is to rest."""
        first = begin + lead_in_beats * 60 / self._tempo.bpm
        self._tempo.start(first)
        self._leader.begin()
        self._tell(first + 2 * AN_INSTANT)
        self.pulses.begin(begin)
        playing = self._board.controls.playing
        if playing:
            self.pulses.start(0.0)
        else:
            self._sequencer.stop(self._clock.now())
        self._show(playing=playing)

    def play(self, at: float) -> None:
        """Let the music sound from the first bar line from session second ``at`` on."""
        self.play_from(self.next_beat(self._bar, at))

    def play_from(self, beat: float) -> None:
        """Let the music sound from a beat on."""
        self._rests = None
        self._sequencer.play(beat)
        self.pulses.start(beat)
        self._show(playing=True)

    def stop(self, at: float, *, cadence: bool) -> None:
        """Bring the music to rest at session second ``at``, or from there on by a cadence."""
        if cadence:
            self._rests = self._sequencer.finish(self._cadence(), at=at)
        else:
            self._rests = at
            self._sequencer.stop(at)
        self._show(playing=False)
        self._rest(self._clock.now())

    def release(self, at: float) -> None:
        """End all that sounds, and forget what is due later."""
        self._outputs.release_all(at)
        for witness in self._witnesses:
            witness.released(at)

    def close(self) -> None:
        """Keep time no more."""
        self._leader.close()

    def _show(self, *, playing: bool) -> None:
        self._leader.set_playing(playing)
        controls = replace(self._board.controls, playing=playing)
        self._board.update(phase="playing" if playing else "resting", controls=controls)

    # -- tempo

    def check_leader(self) -> None:
        """Whether the tempo may be set here.

        Raises:
            ConfigError: it is somebody else's.
        """
        self._leader.check()

    def set_tempo(self, bpm: float, at: float) -> None:
        """Go at ``bpm`` from session second ``at`` on."""
        self._leader.set_tempo(bpm, at)

    def tap(self, at: float) -> float | None:
        """Take a tap; from the third on the tempo, and the beat, go by them. The new tempo, if there is one."""
        bpm = self._taps.tap(at)
        if bpm is not None:
            self._leader.set_tempo(bpm, at)
            self._tempo.nudge(self._taps.offset(self._tempo), at)
        return bpm

    def nudge(self, beats: float, at: float) -> None:
        """Move the beat ahead or back, gliding."""
        self._tempo.nudge(beats, at)

    def retime(self, segment: Segment) -> None:
        """Go by a piece of tempo that was once played."""
        if segment.beat > self._tempo.beat_at(segment.moment) + EPSILON:
            self._tempo.locate(segment.beat, segment.moment)
        self._tempo.steer(segment.beat, segment.bpm, segment.moment)

    def next_beat(self, unit: float, at: float) -> float:
        """The first multiple of ``unit`` beats from session second ``at`` on that can still be shaped."""
        beat = self._tempo.beat_at(max(at, self._clock.now() + self._outputs.lookahead))
        return math.ceil(beat / unit - EPSILON) * unit

    def receive(self, moment: float, message: bytes) -> None:
        """Take a message of the clock that is followed."""
        self._led(self._leader.receive(moment, message))

    def _led(self, transport: Transport | None) -> None:
        """Do what the leader asks of the music."""
        if transport is None or transport is Transport.POSITION or not self._config.transport:
            return
        now, stops = self._clock.now(), transport is Transport.STOP
        for witness in self._witnesses:
            witness.commanded(Stop(cadence=False) if stops else Play(), now)
        if stops:
            self.stop(now, cadence=False)
            return
        self._sequencer.stop(now)  # our bars are the leader's from here on
        self.release(now)
        joins = self._leader.joins()
        self.play_from(self.next_beat(self._bar, now) if joins is None else joins)

    # -- what waits

    def when(self, when: When, name: str, action: Action) -> None:
        """Call ``action`` with its moment: at once, or just before the notes of the next beat or bar are written."""
        if when == "now":
            action(self._clock.now())
            return
        noticed = self._clock.now() + LOOK_EVERY + self._outputs.lookahead + MARGIN  # at the latest
        beat = self.next_beat(1.0 if when == "beat" else self._bar, noticed)
        heapq.heappush(self._waiting, (beat, next(self._count), name, action))
        self._show_waiting()

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        while True:
            now = self._clock.now()
            self._obey(now)
            self._rest(now)
            self._led(self._leader.tend(now))
            if (status := self._leader.status) != self._board.state.tempo:
                self._board.update(tempo=status)
            self._tell(now)
            await self._clock.sleep_until(min(now + LOOK_EVERY, self._next_due()))

    def _next_due(self) -> float:
        rests = math.inf if self._rests is None else self._rests
        return min(rests, self._ready(self._waiting[0][0]) if self._waiting else math.inf)

    def _ready(self, beat: float) -> float:
        return self._tempo.time_at(beat) - self._outputs.lookahead - MARGIN

    def _obey(self, now: float) -> None:
        while self._waiting and self._ready(self._waiting[0][0]) <= now:
            beat, _, name, action = heapq.heappop(self._waiting)
            self._show_waiting()
            try:
                action(max(now, self._tempo.time_at(beat)))
            except ConfigError as error:
                self._board.notice(f"{name}: {error}")

    def _show_waiting(self) -> None:
        self._board.update(waiting=tuple(name for _, _, name, _ in sorted(self._waiting)))

    def _rest(self, now: float) -> None:
        if self._rests is not None and now >= self._rests:
            self.pulses.stop(self._rests)
            self._rests = None
            self.release(now)

    def _tell(self, now: float) -> None:
        """Hand on the pieces of tempo that are final."""
        until = now - AN_INSTANT  # what begins now may still be changed
        for segment in self._tempo.segments(self._told, until):
            for witness in self._witnesses:
                witness.retimed(segment)
        self._told = max(self._told, until)
