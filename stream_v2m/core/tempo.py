"""Beats and seconds: the ``Tempo`` that everybody asks, the one that a performance keeps, and a tempo by tapping."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

USUAL_BPM = 120.0  # where nobody says anything else; what a MIDI file without a tempo goes by
GLIDE = 0.2  # share of the tempo by which it may bend while the phase is corrected
GLIDE_BEATS = 1.0  # the shortest glide
HISTORY = 300.0  # seconds of the past that stay exact
PIECES = 4096  # at most so many, however short they are
_NOTHING = 1e-9  # beats


@dataclass(frozen=True, slots=True)
class Segment:
    """One linear piece of a tempo map: ``beat`` falls on ``moment``, and from there it goes at ``bpm``."""

    moment: float
    beat: float
    bpm: float

    def beat_at(self, moment: float) -> float:
        return self.beat + (moment - self.moment) * self.bpm / 60

    def time_at(self, beat: float) -> float:
        return self.moment + (beat - self.beat) * 60 / self.bpm


class Tempo(Protocol):
    """Maps session seconds to beats (quarter notes from the start of the music) and back; both rise."""

    @property
    def bpm(self) -> float:
        """Beats a minute, now; while the phase is being corrected, those to which it returns."""
        ...

    @property
    def segment(self) -> Segment:
        """The newest linear piece, by which the future goes; it may begin up to some beats ahead."""
        ...

    def beat_at(self, moment: float) -> float:
        """The beat that sounds at ``moment``; negative before the music starts."""
        ...

    def time_at(self, beat: float) -> float:
        """The moment of ``beat``, by the tempo known now; a beat that was leapt over has the leap's moment."""
        ...


class InternalTempo:
    """The one tempo of a performance, steered by whoever leads: linear pieces that join, the past kept exactly.

    Whatever steers it gives the moment from which that holds, in session seconds; what lies before the
    latest such moment is never changed. Beat 0 is at session second 0 unless ``start`` moves it.
    """

    def __init__(self, bpm: float) -> None:
        assert bpm > 0
        self._pieces = [Segment(0.0, 0.0, bpm)]
        self._steered = -math.inf

    @property
    def bpm(self) -> float:
        return self._pieces[-1].bpm

    @property
    def segment(self) -> Segment:
        return self._pieces[-1]

    def beat_at(self, moment: float) -> float:
        following = bisect_right(self._pieces, moment, key=lambda piece: piece.moment)
        beat = self._pieces[max(0, following - 1)].beat_at(moment)
        return min(beat, self._pieces[following].beat) if 0 < following < len(self._pieces) else beat

    def time_at(self, beat: float) -> float:
        following = bisect_right(self._pieces, beat, key=lambda piece: piece.beat)
        moment = self._pieces[max(0, following - 1)].time_at(beat)
        return min(moment, self._pieces[following].moment) if 0 < following < len(self._pieces) else moment

    def segments(self, after: float, until: float) -> Sequence[Segment]:
        """The pieces that begin later than ``after`` and not later than ``until``; final once ``until`` has passed."""
        return [piece for piece in self._pieces if after < piece.moment <= until]

    def start(self, at: float) -> None:
        """Put beat 0 at moment ``at`` and forget what was before."""
        self._pieces, self._steered = [Segment(at, 0.0, self.bpm)], -math.inf

    def change(self, bpm: float, at: float) -> None:
        """From moment ``at`` on go at ``bpm``; no beat is skipped or repeated, and a glide goes on to its end."""
        at = max(at, self._steered)
        self.steer(self.segment.beat_at(at), bpm, at)

    def nudge(self, beats: float, at: float) -> None:
        """Come to be ``beats`` further (or less far, below 0) than without it, gliding."""
        self.steer(self.segment.beat_at(at) + beats, self.bpm, at)

    def steer(self, beat: float, bpm: float, at: float) -> None:
        """From ``at`` on approach the line on which ``beat`` falls on ``at`` and that goes at ``bpm``.

        The way there is one straight glide of a beat, or of as many as keep the tempo within ``GLIDE``
        of ``bpm``, so beats always rise.
        """
        assert bpm > 0
        line = Segment(at, beat, bpm)
        at = max(at, self._steered)
        here = self.beat_at(at)
        ahead = line.beat_at(at) - here
        self._cut(at)
        if abs(ahead) > _NOTHING:
            span = max(GLIDE_BEATS, abs(ahead) / GLIDE)
            self._pieces.append(Segment(at, here, bpm * (1 + ahead / span)))
            self._pieces.append(Segment(at + span * 60 / bpm, here + span + ahead, bpm))
        else:
            self._pieces.append(Segment(at, here, bpm))
        self._forget()

    def locate(self, beat: float, at: float) -> None:
        """Leap forward, so that ``beat`` falls on ``at``; only while the music rests.

        The beats between have no time of their own. A leap into the past would let beats fall.
        """
        assert beat >= self.beat_at(at) - _NOTHING, (beat, at)
        bpm, late = self.bpm, max(at, self._steered)
        beat = max(beat + (late - at) * bpm / 60, self.beat_at(late))
        self._cut(late)
        self._pieces.append(Segment(late, beat, bpm))
        self._forget()

    def _cut(self, at: float) -> None:
        """Make ``at`` the end of the known."""
        first = self._pieces[0]
        while self._pieces and self._pieces[-1].moment >= at:
            self._pieces.pop()
        if not self._pieces:  # before ``start``'s moment the first piece goes on backwards
            self._pieces.append(Segment(at - 1.0, first.beat_at(at - 1.0), first.bpm))
        self._steered = at

    def _forget(self) -> None:
        horizon = self._steered - HISTORY
        old = bisect_right(self._pieces, horizon, key=lambda piece: piece.moment) - 1
        del self._pieces[: max(old, len(self._pieces) - PIECES, 0)]


class TapTempo:
    """Taps into a tempo: the median of the last few intervals, so that one slip does not matter."""

    PAUSE = 2.0  # seconds; who waits for longer begins anew
    BOUNCE = 0.15  # seconds; nobody taps so fast: one tap that was read as two
    SLIP = 0.25  # share by which an interval may differ from the median
    KEPT = 8  # intervals

    def __init__(self) -> None:
        self._intervals: deque[float] = deque(maxlen=self.KEPT)
        self._last = -math.inf
        self._slip: float | None = None

    def tap(self, moment: float) -> float | None:
        """Take a tap; give beats a minute from the third tap on, None before."""
        interval, previous = moment - self._last, self._slip
        if interval < self.BOUNCE:
            return self._bpm()
        self._last, self._slip = moment, None
        if interval > self.PAUSE:
            self._intervals.clear()
        elif not self._intervals or self._near(interval, statistics.median(self._intervals)):
            self._intervals.append(interval)
        elif previous is not None and self._near(interval, previous):  # two slips that agree are another tempo
            self._intervals.clear()
            self._intervals.extend((previous, interval))
        else:
            self._slip = interval
        return self._bpm()

    def offset(self, tempo: Tempo) -> float:
        """Beats −0.5…0.5 by which ``tempo`` is to be nudged so that a beat falls on the last tap.

        What a glide that is under way will bring anyway counts as done.
        """
        beat = tempo.segment.beat_at(self._last)
        return math.floor(beat + 0.5) - beat

    def _near(self, interval: float, other: float) -> bool:
        return abs(interval - other) <= self.SLIP * other

    def _bpm(self) -> float | None:
        return 60 / statistics.median(self._intervals) if len(self._intervals) >= 2 else None
