"""The picture's pace: what moves much for long makes the music faster, what rests makes it slower, by and by."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.music.gesture import NEUTRAL_MOTION

SEEN_AT_MOST = 1.0  # seconds that one observation stands for; during a gap in the picture the pace rests
QUICKEST_CHANGE = 0.01  # share of the tempo, a beat; what is slower is heard as a player's own pulse


class PaceConfig(BaseModel):
    """How the tempo follows the picture, where the live pace strength is above 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slowest: float = Field(0.8, ge=0.5, le=1, description="share of the tempo set, when nothing moves for long")
    fastest: float = Field(1.25, ge=1, le=2, description="share of the tempo set, when all moves for long")
    average_s: float = Field(20.0, ge=1, le=300, description="time constant of the motion's average")


class Pace:
    """Averages motion over tens of seconds and bends a tempo by it, so slowly that nobody is thrown."""

    def __init__(self, config: PaceConfig) -> None:
        self._config = config
        self._average = NEUTRAL_MOTION
        self._seen: float | None = None
        self._elapsed = 0.0  # seconds of picture since the tempo was asked for
        self._factor = 1.0

    def observe(self, motion: float, moment: float) -> None:
        """Take note of ranged motion 0–1 at session second ``moment``."""
        elapsed = 0.0 if self._seen is None else min(max(0.0, moment - self._seen), SEEN_AT_MOST)
        self._seen = moment
        self._elapsed += elapsed
        self._average += (motion - self._average) * -math.expm1(-elapsed / self._config.average_s)

    def bpm(self, base: float, strength: float) -> float:
        """``base`` (beats a minute), bent as far as ``strength`` 0–1 says; to be asked about once a beat.

        Between two answers it bends by at most ``QUICKEST_CHANGE`` for each beat that was seen.
        """
        beats, self._elapsed = self._elapsed * base * self._factor / 60, 0.0
        most = math.pow(1 + QUICKEST_CHANGE, beats)
        self._factor = min(max(self._aim(strength), self._factor / most), self._factor * most)
        return base * self._factor

    def _aim(self, strength: float) -> float:
        config, moved = self._config, self._average - NEUTRAL_MOTION
        if moved >= 0:
            return math.pow(config.fastest, strength * moved / (1 - NEUTRAL_MOTION))
        return math.pow(config.slowest, strength * -moved / NEUTRAL_MOTION)
