"""Clock pulses of a master whose tempo goes from one to another, and what a MIDI cable makes of them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

PULSES = 24


@dataclass(frozen=True)
class Sweep:
    """Steady at ``first`` beats a minute, from ``begin`` on over ``seconds`` to ``last``, then steady again."""

    first: float
    last: float
    begin: float = 0.0
    seconds: float = 20.0

    def beat_at(self, moment: float) -> float:
        """Beats since second 0."""
        swept = min(max(0.0, moment - self.begin), self.seconds)
        after = max(0.0, moment - self.begin - self.seconds)
        rise = (self.last - self.first) / self.seconds
        before = min(moment, self.begin)
        return (before * self.first + swept * self.first + rise * swept**2 / 2 + after * self.last) / 60

    def time_at(self, beat: float) -> float:
        """The inverse, by bisection."""
        low, high = 0.0, beat * 60 / min(self.first, self.last) + 1.0
        for _ in range(45):
            middle = (low + high) / 2
            low, high = (low, middle) if self.beat_at(middle) >= beat else (middle, high)
        return high

    def pulses(self, until: float) -> list[float]:
        """When each pulse is due, the first at second 0."""
        return [self.time_at(number / PULSES) for number in range(math.ceil(self.beat_at(until) * PULSES))]


def steady(bpm: float, seconds: float, *, begin: float = 0.0) -> list[float]:
    """When each pulse of an even clock is due."""
    return [begin + number * 60 / bpm / PULSES for number in range(round(seconds * bpm / 60 * PULSES))]


def jittered(due: Sequence[float], *, seed: int = 0) -> list[float]:
    """Arrivals: ±2 ms, one in fifty 8 ms later, seen by a clock of whole milliseconds."""
    chance = random.Random(seed)
    moments = (at + chance.uniform(-0.002, 0.002) + (0.008 if chance.random() < 0.02 else 0.0) for at in due)
    return sorted(math.floor(at * 1000) / 1000 for at in moments)
