"""Following somebody's MIDI clock: pulses, Start, Stop, Continue and song position steer our tempo. Pure."""

from __future__ import annotations

import math
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.tempo import InternalTempo
from stream_v2m.midi.channel_message import CONTINUE, SONG_POSITION, START, STOP, TIMING_CLOCK
from stream_v2m.midi.pulse_train import FEW, LONG, SHORT, PulseTrain

PULSES = 24  # a beat (MIDI 1.0, system real-time messages)
SIXTEENTH = PULSES // 4  # a step of the song position
DROPOUT = 0.5  # seconds without a pulse after which the clock is gone; four pulses at 20 beats a minute
CLOSE, FAR = 0.002, 0.006  # beats; nobody hears less than the one; the other is put right within a sixteenth
_THERE = 1e-3  # beats; no leap of a bar for less


class FollowConfig(BaseModel):
    """How a MIDI clock is followed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    song_position: bool = Field(True, description="believe song positions; without it Continue goes on from the Stop")
    offset_ms: float = Field(
        0.0, ge=-500, le=500, description="our beats come this much later than the pulses (earlier, below 0)"
    )


class Transport(Enum):
    """What the clock's master did."""

    START = "start"
    STOP = "stop"
    CONTINUE = "continue"
    POSITION = "position"


class ClockFollower:
    """Steers a tempo by the pulses of a master, whose place in the bar becomes ours.

    Jitter: a straight line is laid by least squares through the last four beats of pulses, or through
    the last one alone while that tells another time (``pulse_train``). The tempo is steered to that line
    only when it is off by more than can be jitter, by gliding (``InternalTempo.steer``): once a beat at
    most in steady state, once a sixteenth while the tempo moves.

    Args:
        tempo: while a clock is there, nobody else should steer it.
        beats_per_bar: of our bars, which count from beat 0.

    Attributes:
        running: whether the master runs.
        joined: the beat of ours at which it began to, or went on.
    """

    def __init__(self, tempo: InternalTempo, config: FollowConfig, *, beats_per_bar: int) -> None:
        self._tempo, self._bar = tempo, beats_per_bar
        self._offset, self._positions = config.offset_ms / 1000, config.song_position
        self._train: PulseTrain | None = None
        self._base = 0  # of our pulses, which number with our beats: the one that the train's pulse 0 is
        self._looked = self._steered = 0  # the train's pulses at which we looked last, and steered last
        self._zero: int | None = None  # of our pulses, the one where the master's song begins
        self._place: int | None = None  # pulses from there to where Continue would go on
        self._join: Transport | None = None  # holds with the next pulse
        self._heard: float | None = None  # when the last pulse came
        self._latest = -math.inf
        self.running = False
        self.joined = 0.0

    @property
    def following(self) -> bool:
        """Whether a clock is there and its tempo is known."""
        return self._train is not None and self._train.age >= FEW

    @property
    def status(self) -> str:
        """In words, for people."""
        if self.following:
            return f"following {self._tempo.bpm:.1f} bpm"
        if self._heard is None or self._train is not None:
            return "waiting for a clock"
        return f"held at {self._tempo.bpm:.1f} bpm: no clock for {self._latest - self._heard:.1f} s"

    def receive(self, moment: float, message: bytes) -> Transport | None:
        """Take a message that arrived at session second ``moment``; give what the music must do now.

        START and CONTINUE are given with the pulse for which they hold. If the master's place in the bar is
        not ours, the tempo has by then leapt forward to where it is, less than a bar ahead: the caller ends
        what sounds, and plays from the beat ``joined`` on. Without a known place (Continue without Start or
        song position before it) there is no leap, and the phase is followed to the nearest pulse.
        """
        self._latest = max(self._latest, moment)
        status = message[0]
        if status == TIMING_CLOCK:
            return self._pulse(moment)
        if status == STOP:
            return self._stop()
        if status == START:
            self._join, self._place = Transport.START, 0
        elif status == CONTINUE:
            self._join = Transport.CONTINUE
        elif status == SONG_POSITION and self._positions and len(message) == 3:
            self._place = (message[1] | message[2] << 7) * SIXTEENTH
            return Transport.POSITION
        return None

    def tend(self, now: float) -> None:
        """Notice that the clock is gone; the tempo stays as it is. Called several times a second."""
        self._latest = max(self._latest, now)
        if self._train is not None and now - self._train.last > DROPOUT:
            self._train = None

    def _stop(self) -> Transport:
        if self._train is not None and self._zero is not None and self.running:
            self._place = self._base + self._train.index + 1 - self._zero
        self._join, self.running = None, False
        return Transport.STOP

    def _pulse(self, moment: float) -> Transport | None:
        self.tend(moment)
        if self._train is None:
            self._heard = moment
            self._begin(moment)
        elif self._train.add(moment):
            self._heard = moment
        elif self._join is None:
            return None
        joined, self._join = self._join, None
        if joined is not None:
            self.running = True
            self._leap(moment)
        self._steer()
        return joined

    def _begin(self, moment: float) -> None:
        """A new train: its first pulse is the one of ours that is nearest."""
        self._train = PulseTrain(moment)
        self._base = round(self._tempo.beat_at(moment + self._offset) * PULSES)
        self._looked = self._steered = 0

    def _leap(self, moment: float) -> None:
        """The master's song is at ``place`` with this pulse: so be ours, as far as the place in the bar goes."""
        assert self._train is not None
        place, self._place = self._place, None
        self.joined = (self._base + self._train.index) / PULSES
        if place is None:
            return
        at = moment + self._offset
        beat = self._tempo.beat_at(at)
        ahead = (place / PULSES - beat) % self._bar
        if self._bar - ahead < _THERE:
            ahead -= self._bar
        pulse = round((beat + ahead) * PULSES)
        self.joined = pulse / PULSES
        if ahead > _THERE:
            self._tempo.locate(self.joined, at)
        self._train = PulseTrain(moment)
        self._base, self._zero = pulse, pulse - place
        self._looked = self._steered = 0

    def _steer(self) -> None:
        train = self._train
        assert train is not None
        if train.index - self._looked < (FEW if train.age < SHORT else SIXTEENTH):
            return
        self._looked = train.index
        line, steady = train.line()
        if line is None:
            return
        beat, bpm = (self._base + line.pulse) / PULSES, 60 / (PULSES * line.interval)
        moment = line.moment + self._offset
        ours = self._tempo.segment
        off, faster = beat - ours.beat_at(moment), bpm / ours.bpm - 1
        if steady and train.index - self._steered < PULSES and abs(off) < FAR:
            return
        pulses, noise = min(train.age, LONG if steady else SHORT), train.noise / line.interval
        faster_at_least = 4 * math.sqrt(3) * noise / pulses**1.5  # two standard errors of an even line's slope
        off_at_least = 4 * noise / math.sqrt(pulses) / PULSES  # and of its end
        if abs(faster) <= faster_at_least:
            if abs(off) <= max(CLOSE, off_at_least):
                return
            if train.age < SHORT:
                bpm = ours.bpm  # a young line knows the phase long before the tempo
        self._steered = train.index
        at = max(self._latest, moment)
        self._tempo.steer(beat + (at - moment) * bpm / 60, bpm, at)
