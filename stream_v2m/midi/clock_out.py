"""MIDI clock for those who follow us: 24 pulses a beat, Start, Stop, Continue and song position. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.tempo import Tempo
from stream_v2m.core.values import ALL_PORTS, MidiEvent
from stream_v2m.midi.channel_message import CONTINUE, SONG_POSITION, START, STOP, TIMING_CLOCK

PULSES = 24  # a beat (MIDI 1.0, system real-time messages)
SIXTEENTH = PULSES // 4  # a step of the song position
POSITIONS = 1 << 14  # song positions that two data bytes can tell
HEADSTART = 0.001  # seconds from Start or Continue to the first pulse, which MIDI 1.0 asks for
SETTLE = 0.01  # seconds a receiver gets between a song position and Continue
SQUEEZE = 0.5  # the shortest gap of pulses, in intervals, when the tempo rose after some were handed over
_ROUNDING = 1e-6  # pulses


class ClockConfig(BaseModel):
    """The clock that we send."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    song_position: bool = Field(
        True, description="tell the song position before Continue; without it receivers are started anew at a bar"
    )
    always: bool = Field(True, description="pulses go on while the music is stopped, as most gear likes it")


class _Join(NamedTuple):
    """Start or Continue directly before a pulse."""

    status: int
    pulse: int


class ClockOut:
    """Pulses by a tempo, each exactly once and in order, however the tempo is steered meanwhile.

    Pulse 24 · b falls on beat b; bars count from beat 0. What is asked for holds from the next ``events``
    on and changes nothing that has been handed over. A tempo that leaps takes the pulses along: those
    leapt over are not sent, so that receivers have to be started or resumed after it.
    """

    def __init__(self, config: ClockConfig, *, beats_per_bar: int) -> None:
        self._config, self._bar = config, beats_per_bar * PULSES
        self._until = 0.0  # what is due earlier has been handed over
        self._pulse: int | None = None  # the next one
        self._last = self._told = -math.inf  # when the last pulse and the last other message are due
        self._song = 0  # the pulse at which the song began
        self._running = False
        self._wish: _Join | None = None  # not yet rounded to where it may be
        self._lost: float | None = None  # since when receivers may have lost pulses
        self._join: _Join | None = None
        self._waiting: list[MidiEvent] = []

    @property
    def running(self) -> bool:
        """Whether the receivers run, or are about to."""
        return self._running or self._wish is not None or self._join is not None

    def begin(self, at: float) -> None:
        """Send nothing that is due before session second ``at``."""
        self._until = at

    def start(self, beat: float) -> None:
        """Send Start for ``beat``, or the first bar line after it that has not been sent yet."""
        self._wish, self._join = _Join(START, _pulse_at(beat)), None

    def resume(self, beat: float) -> None:
        """Send song position and Continue for ``beat``, or the first sixteenth after it that there is time for.

        Receivers that run are stopped first. Without song position: Start for the next bar line.
        """
        if self._running:
            self._lost = self._until
        self._wish, self._join = _Join(CONTINUE, _pulse_at(beat)), None

    def stop(self, at: float) -> None:
        """Send Stop at session second ``at``."""
        self._wish = self._join = self._lost = None
        if self._running:
            self._running = False
            self._tell(at, bytes((STOP,)))

    def realign(self, at: float) -> None:
        """Bring receivers that may have lost pulses until ``at`` back to our place: Stop, song position, Continue."""
        if self._running:
            self._lost = at

    def events(self, until: float, tempo: Tempo) -> list[MidiEvent]:
        """Everything due before session second ``until`` that has not been handed over yet, in the order of time."""
        if self._pulse is None:
            self._pulse = _pulse_at(tempo.beat_at(self._until))
        self._pass_over_a_leap(tempo)
        if self._lost is not None:
            self._tell(self._lost, bytes((STOP,)))
            self._wish = self._wish or _Join(CONTINUE, _pulse_at(tempo.beat_at(self._told)))
            self._lost, self._running = None, False
        if self._wish is not None:
            self._join, self._wish = self._allowed(self._wish, self._pulse, tempo), None
        while (due := self._due(self._pulse, tempo)) < until:
            self._strike(self._pulse, due)
            self._pulse += 1
            self._pass_over_a_leap(tempo)
        self._until = max(self._until, until)
        events, self._waiting = self._waiting, []
        return sorted(events, key=lambda event: event.due)

    def _due(self, pulse: int, tempo: Tempo) -> float:
        return max(tempo.time_at(pulse / PULSES), self._last + SQUEEZE * 60 / (tempo.bpm * PULSES))

    def _strike(self, pulse: int, due: float) -> None:
        if self._join is not None and pulse >= self._join.pulse:
            self._tell(max(due - HEADSTART, self._last), bytes((self._join.status,)))
            self._running = True
            if self._join.status == START:
                self._song = pulse
            self._join = None
        if self._running or self._config.always:
            self._waiting.append(MidiEvent(due, ALL_PORTS, bytes((TIMING_CLOCK,))))
        self._last = due

    def _allowed(self, wish: _Join, earliest: int, tempo: Tempo) -> _Join:
        """Where the receivers can really join, all of them being told the song position on the way."""
        pulse = max(wish.pulse, earliest)
        if wish.status == START or not self._config.song_position:
            if self._told > -math.inf:
                pulse = max(pulse, _pulse_at(tempo.beat_at(self._told + HEADSTART)))
            return _Join(START, _up(pulse, self._bar))
        self._told = max(self._told, self._until)
        pulse = max(pulse, _pulse_at(tempo.beat_at(self._told + SETTLE)))
        pulse = self._song + _up(pulse - self._song, SIXTEENTH)
        whole_bars = POSITIONS * SIXTEENTH // self._bar * self._bar
        position = (pulse - self._song) % whole_bars // SIXTEENTH
        self._tell(self._told, bytes((SONG_POSITION, position & 0x7F, position >> 7)))
        return _Join(CONTINUE, pulse)

    def _pass_over_a_leap(self, tempo: Tempo) -> None:
        pulse = self._pulse
        assert pulse is not None
        while tempo.time_at(pulse / PULSES) == tempo.time_at((pulse + 1) / PULSES):
            pulse += 1
        if self._join is not None and pulse > self._join.pulse:
            self._join = self._allowed(self._join, pulse, tempo)
        self._pulse = pulse

    def _tell(self, due: float, message: bytes) -> None:
        self._told = max(self._told, due)
        self._waiting.append(MidiEvent(self._told, ALL_PORTS, message))


def _pulse_at(beat: float) -> int:
    """The first pulse at or after ``beat``."""
    return math.ceil(beat * PULSES - _ROUNDING)


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
