"""Swing: the second half of each pair comes late, and everything between is stretched along."""

from __future__ import annotations

import math


def swung(beat: float, swing: float, unit: float) -> float:
    """Where ``beat`` is played: within each pair of ``unit`` beats the second begins at ``swing`` of the pair.

    At 0.5 where it is written, at 2/3 as in triplets; it never comes early.
    """
    pair = 2 * unit
    start = math.floor(beat / pair) * pair
    place = (beat - start) / pair
    if place < 0.5:
        return start + pair * place * 2 * swing
    return start + pair * (swing + (place - 0.5) * 2 * (1 - swing))
