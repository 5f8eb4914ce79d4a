"""A train of clock pulses, made a line: which pulse is due when, in spite of jitter, strays and losses. Pure."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

LONG, SHORT, FEW = 96, 24, 4  # pulses that a line goes through: in steady state, while the tempo moves, and to begin
GATE, STRAY = 0.005, 4.0  # seconds, or times the jitter, off its time: a stray; four in a row are a new tempo
NOISE = 0.0003  # seconds rms; no pulse is taken to be more exact than this
UNKNOWN_NOISE = 0.0015  # seconds rms; what jitter is taken to be at first
_NOISE_OVER = 64  # pulses over which jitter is averaged
QUICKEST, SLOWEST = 0.008, 0.13  # seconds from pulse to pulse: just over 300 and just under 20 beats a minute
BOUNCE = 0.004  # seconds; nothing is so quick: one pulse that came twice
_DOUBLE, _EARLY = 0.25, -0.5  # intervals: a double comes so soon after the pulse before it and so much too early
_UNSTEADY = 2.0  # times the jitter that the short line may leave the long one


class Line(NamedTuple):
    """Pulse ``pulse`` is due at ``moment`` (seconds), the next one ``interval`` later."""

    pulse: int
    moment: float
    interval: float

    def due(self, pulse: int) -> float:
        return self.moment + (pulse - self.pulse) * self.interval


class PulseTrain:
    """Pulses in the order of their arrival, numbered from 0; those that were lost on the way are numbered too."""

    def __init__(self, moment: float) -> None:
        self.index, self.last = 0, moment
        self._pulses = deque([(0, moment)], maxlen=LONG)
        self._strays: list[tuple[int, float]] = []
        self._quick = 0  # pulses in a row that came at once
        self._line: Line | None = None
        self._variance = UNKNOWN_NOISE**2

    @property
    def noise(self) -> float:
        """Jitter, seconds rms: how far pulses come from where the line expected them."""
        return max(NOISE, math.sqrt(self._variance))

    @property
    def age(self) -> int:
        """Pulses that the line goes through; few when it is new, or when the tempo has leapt."""
        return len(self._pulses)

    def add(self, moment: float) -> bool:
        """Take a pulse; False if it is no new one, but the last one again."""
        line = self._line
        self._quick = self._quick + 1 if self._is_quick(moment) else 0
        if self._quick == 1:
            return False
        self.index, self.last = self.index + (2 if self._quick == 2 else 1), moment
        if self._quick:  # more than two at once are no double, but were held up: the last one is nearest to its time
            self._pulses, self._line = deque([(self.index, moment)], maxlen=LONG), None
            return True
        if line is None:
            self._pulses.append((self.index, moment))
            self._draw()
            return True
        late, known = moment - line.due(self.index), self.age >= SHORT
        if abs(late) <= max(GATE, STRAY * self.noise if known else line.interval / 2):
            self._strays.clear()
            self._pulses.append((self.index, moment))
            if known:
                self._variance += (late**2 - self._variance) / _NOISE_OVER
        else:
            self._strays.append((self.index, moment))
            if len(self._strays) >= FEW:
                self._believe_the_strays(line)
        self._draw()
        return True

    def line(self) -> tuple[Line | None, bool]:
        """The line through the pulses, and whether the tempo is steady.

        While it is, the line goes through the last four beats: of jitter of 1 ms rms at 120 beats a minute, 0.2 ms
        remain, and 0.02 beats a minute. If the last beat by itself tells another time, it alone is believed.
        """
        short = self._line
        if short is None or self.age < 2 * SHORT:
            return short, False
        long = _fit(self._pulses)
        steady = abs(long.due(self.index) - short.due(self.index)) <= _UNSTEADY * self.noise
        return (long if steady else short), steady

    def _is_quick(self, moment: float) -> bool:
        """Whether a pulse comes too soon after the last to be another one, unless it was held up."""
        gap, line = moment - self.last, self._line
        if line is None:
            return gap < BOUNCE
        return gap < _DOUBLE * line.interval and moment < line.due(self.index + 1) + _EARLY * line.interval

    def _draw(self) -> None:
        if self.age >= FEW:
            line = _fit(list(self._pulses)[-SHORT:])
            self._line = line if QUICKEST <= line.interval <= SLOWEST else None

    def _believe_the_strays(self, line: Line) -> None:
        """Several in a row are no chance: pulses were lost or too many, held up, or the tempo is another one."""
        strays, late = self._strays, [moment - line.due(index) for index, moment in self._strays]
        lost = round(statistics.median(late) / line.interval)
        if lost and max(late) - min(late) < GATE and abs(statistics.median(late) - lost * line.interval) < GATE:
            self.index += lost
            self._pulses.extend((index + lost, moment) for index, moment in strays)
            strays.clear()
            return
        (first, begun), (last, ended) = strays[0], strays[-1]
        if QUICKEST <= (ended - begun) / (last - first) <= SLOWEST:
            self._pulses = deque(strays, maxlen=LONG)
            self._strays = []
        else:  # a burst
            strays.pop(0)


def _fit(pulses: Sequence[tuple[int, float]]) -> Line:
    """Least squares; once more without those that are far off, if that leaves most of them."""
    line = _least_squares(pulses)
    if len(pulses) < 2 * FEW:
        return line
    off = [abs(moment - line.due(index)) for index, moment in pulses]
    allowed = 3 * max(statistics.median(off), NOISE)
    kept = [pulse for pulse, by in zip(pulses, off, strict=True) if by <= allowed]
    return _least_squares(kept) if len(pulses) > len(kept) > len(pulses) / 2 else line


def _least_squares(pulses: Sequence[tuple[int, float]]) -> Line:
    last, begun = pulses[-1][0], pulses[0][1]
    indices = [index - last for index, _ in pulses]
    moments = [moment - begun for _, moment in pulses]
    middle, mean = statistics.fmean(indices), statistics.fmean(moments)
    products = sum((x - middle) * (y - mean) for x, y in zip(indices, moments, strict=True))
    interval = products / sum((x - middle) ** 2 for x in indices)
    return Line(last, begun + mean - middle * interval, interval)
