"""Beats and seconds: the ``Tempo`` that the sequencer asks, and one that we keep ourselves."""

from __future__ import annotations

from typing import Protocol


class Tempo(Protocol):
    """Maps session seconds to beats (quarter notes from the start of the music) and back; both rise."""

    @property
    def bpm(self) -> float:
        """Beats a minute, now."""
        ...

    def beat_at(self, moment: float) -> float:
        """The beat that sounds at ``moment``; negative before the music starts."""
        ...

    def time_at(self, beat: float) -> float:
        """The moment of ``beat``, by the tempo known now."""
        ...


class InternalTempo:
    """A tempo of our own, constant between changes; beat 0 is at session second 0 unless ``start`` moves it."""

    def __init__(self, bpm: float) -> None:
        assert bpm > 0
        self._bpm, self._beat, self._moment = bpm, 0.0, 0.0

    @property
    def bpm(self) -> float:
        return self._bpm

    def beat_at(self, moment: float) -> float:
        return self._beat + (moment - self._moment) * self._bpm / 60

    def time_at(self, beat: float) -> float:
        return self._moment + (beat - self._beat) * 60 / self._bpm

    def start(self, at: float) -> None:
        """Put beat 0 at moment ``at``."""
        self._beat, self._moment = 0.0, at

    def change(self, bpm: float, at: float) -> None:
        """From moment ``at`` on go at ``bpm``; no beat is skipped or repeated."""
        self.place(at, self.beat_at(at), bpm)

    def place(self, moment: float, beat: float, bpm: float) -> None:
        """From ``moment`` on, which is ``beat``, go at ``bpm``."""
        assert bpm > 0
        self._moment, self._beat, self._bpm = moment, beat, bpm
