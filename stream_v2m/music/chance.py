"""Chance that can be repeated: numbers that look random and depend on nothing but their keys."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_GOLDEN = 0.6180339887498949


def chance(*keys: int) -> float:
    """A number in [0, 1) that is the same for the same keys (splitmix64; Steele, Lea & Flood 2014)."""
    state = 0
    for key in keys:
        state = (state ^ (key & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return (state >> 11) / (1 << 53)


def even(turn: int, offset: float) -> float:
    """The ``turn``-th of a sequence of numbers in [0, 1) that fill it evenly: golden-ratio steps from ``offset``."""
    return (offset + turn * _GOLDEN) % 1.0


def beat_key(beat: float) -> int:
    """An integer key for a place in the music."""
    return round(beat * 960)
