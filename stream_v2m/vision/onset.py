"""Onsets: the moment when a gesture begins, a sudden rise of the picture's motion."""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.vision.blocks import Blocks

_LIGHT = 0.7  # share of a change that goes one way: what moves covers and uncovers, so it brightens and darkens
_SETTLES_S = 1.0  # at first, until the noise is known
_USUAL_S = 0.4  # time constant of what was usual just before


class OnsetConfig(BaseModel):
    """What counts as the beginning of a gesture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rise: float = Field(0.25, gt=0, le=1, description="motion 0–1 rises by so much above what it just was")
    refractory_s: float = Field(0.3, ge=0, description="no second onset within this time")


class OnsetDetector:
    """Compares ranged motion with its own average of the last moments.

    After an onset motion must first come down to its average again: one gesture begins once, however long it lasts.
    """

    def __init__(self, config: OnsetConfig) -> None:
        self._config = config
        self._usual: float | None = None
        self._ready = -math.inf  # when one may begin again
        self._armed = True

    def see(self, motion: float, time: float, elapsed: float, *, light: bool = False) -> bool:
        """Whether a gesture begins with this frame, ``elapsed`` seconds after the one before; ``light`` is none."""
        if self._usual is None or elapsed > _SETTLES_S:
            self._usual, self._ready, self._armed = motion, time + _SETTLES_S, True
            return False
        rise = motion - self._usual
        self._usual += (motion - self._usual) * -math.expm1(-elapsed / _USUAL_S)
        if rise <= 0:
            self._armed = True
        begins = not light and self._armed and rise >= self._config.rise and time >= self._ready
        if begins:
            self._ready, self._armed = time + self._config.refractory_s, False
        return begins

    def restart(self) -> None:
        """Another stream begins."""
        self._usual = None


def is_light(before: Blocks, after: Blocks) -> bool:
    """Whether two pictures of cells differ by the light on them rather than by what moves."""
    changed = after - before
    return abs(float(changed.sum())) > _LIGHT * float(np.abs(changed).sum())
