"""Ranging: a measure to 0–1 by what this picture has shown so far, so that a dim stage or a distant dancer counts."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field


class RangeConfig(BaseModel):
    """How a measure is ranged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_s: float = Field(60.0, gt=0, description="how long a loud moment is remembered")
    reach: float = Field(6.0, ge=1, description="the top may move from its prior by this factor, up or down")
    floor_at_most: float = Field(2.0, ge=0, description="sensor noise is never taken to be more than this")


class Range:
    """A noise floor and a running upper quantile; values between them are 0–1.

    Both are followed in steps proportional to elapsed time (stochastic approximation of a quantile,
    Robbins & Monro 1951, in the logarithm), so the frame rate does not matter.

    Args:
        prior: the top before anything was seen, in the measure's unit.
    """

    TOP, BOTTOM = 0.95, 0.05  # quantiles
    _PACE = 20.0  # e-foldings of the top over the memory, if every value were above it

    def __init__(self, config: RangeConfig, *, prior: float) -> None:
        self.frozen = False
        self._config, self._prior = config, prior
        self._top, self._floor = math.log(prior), math.log(1e-2)

    def __call__(self, value: float, elapsed: float) -> float:
        """The place of ``value`` in the range, 0–1; the range follows by ``elapsed`` seconds."""
        if not self.frozen:
            self._follow(max(value, 1e-3), min(elapsed, 1.0))
        floor = min(math.exp(self._floor), self._config.floor_at_most)
        top = max(math.exp(self._top), 2 * floor)
        return min(1.0, max(0.0, (value - floor) / (top - floor)))

    def _follow(self, value: float, elapsed: float) -> None:
        config, logarithm = self._config, math.log(value)
        step = self._PACE * elapsed / config.memory_s
        self._top += step * (self.TOP - (logarithm < self._top))
        self._floor += step * (self.BOTTOM - (logarithm < self._floor))
        reach = math.log(config.reach)
        self._top = min(math.log(self._prior) + reach, max(math.log(self._prior) - reach, self._top))
        self._floor = max(math.log(1e-2), self._floor)


class Centre:
    """A running mean that starts at a prior and strays from it by at most ``limit``.

    What is usual for this picture is neither bright nor dim, but black does not become bright.
    """

    def __init__(self, prior: float, *, limit: float, memory_s: float) -> None:
        self.frozen = False
        self._prior, self._limit, self._memory_s = prior, limit, memory_s
        self.value = prior

    def follow(self, value: float, elapsed: float) -> None:
        """Move towards ``value``, by ``elapsed`` seconds."""
        if self.frozen:
            return
        moved = self.value + (value - self.value) * -math.expm1(-min(elapsed, 1.0) / self._memory_s)
        self.value = min(self._prior + self._limit, max(self._prior - self._limit, moved))
