"""Ranging: a measure to 0–1 by what this picture has shown so far, so that a dim stage or a distant dancer counts."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field


class RangeConfig(BaseModel):
    """How a measure is ranged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_s: float = Field(60.0, gt=0, description="how long a loud moment is remembered")
    reach: float = Field(12.0, ge=1, description="the top may move from its prior by this factor, up or down")


class Range:
    """A running upper quantile; values up to it are 0–1.

    It is followed in steps proportional to elapsed time (stochastic approximation of a quantile,
    Robbins & Monro 1951, in the logarithm), so the frame rate does not matter; and only while there is
    something, since a pause says nothing of how loud the next passage is.

    Args:
        prior: the top before anything was seen, in the measure's unit.
    """

    TOP = 0.95  # quantile
    _PACE = 20.0  # e-foldings of the top over the memory, if every value were above it
    _NOTHING = 0.05  # in the measure's unit

    def __init__(self, config: RangeConfig, *, prior: float) -> None:
        self.frozen = False
        self._config = config
        self._lowest, self._highest = math.log(prior / config.reach), math.log(prior * config.reach)
        self._top = math.log(prior)

    def __call__(self, value: float, elapsed: float) -> float:
        """The place of ``value`` in the range, 0–1; the range follows by ``elapsed`` seconds."""
        if not self.frozen and value > self._NOTHING:
            step = self._PACE * min(elapsed, 1.0) / self._config.memory_s
            moved = self._top + step * (self.TOP - (math.log(value) < self._top))
            self._top = min(self._highest, max(self._lowest, moved))
        return self.share(value)

    def share(self, value: float) -> float:
        """The place of ``value`` in the range, which does not follow."""
        return min(1.0, max(0.0, value) / math.exp(self._top))


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
