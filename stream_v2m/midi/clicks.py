"""Clicks heard: how long after a note was due its sound begins in a recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.delays import Delays

LONGEST = 0.5  # seconds; clicks lie further apart
_FRAME = 0.001  # seconds; so exactly is a beginning told
_AROUND = 0.05  # seconds from the usual delay within which one click is looked for
_ONSET = 0.25  # of a click's loudest moment: there it has begun
_ABOVE_NOISE = 6.0  # times the usual loudness: less is no click


def match_clicks(sound: NDArray[np.float32], rate: int, begin: float, clicks: Sequence[float]) -> Delays:
    """Find each click in what was recorded.

    Args:
        sound: one channel [N], ``rate`` samples a second; its first sample is of session second ``begin``.
        clicks: when each was due.
    """
    size = max(1, round(rate * _FRAME))
    count = len(sound) // size
    loudness = np.abs(sound[: count * size]).reshape(count, size).max(axis=1) if count else np.zeros(0, np.float32)
    frames = round(LONGEST * rate / size)
    pieces = [_piece(loudness, round((click - begin) * rate / size), frames) for click in clicks]
    if not pieces:
        return Delays((), 0)
    noise = float(np.median(loudness)) if count else 0.0
    peaks = np.array([piece.max() for piece in pieces])
    clear = peaks > max(_ABOVE_NOISE * noise, 1e-6)
    begun = [int(np.argmax(piece >= _ONSET * piece.max())) for piece in pieces]
    if not clear.any():
        return Delays((), len(clicks))
    usual = float(np.median([place for place, good in zip(begun, clear, strict=True) if good]))
    near = round(_AROUND * rate / size)
    delays = []
    for click, place, good in zip(clicks, begun, clear, strict=True):
        if good and abs(place - usual) <= near:
            start = begin + (round((click - begin) * rate / size) + place) * size / rate
            delays.append(start - click)
    return Delays(tuple(delays), len(clicks))


def _piece(loudness: NDArray[np.float32], first: int, frames: int) -> NDArray[np.float32]:
    """What follows a click; silence where nothing was recorded."""
    piece = np.zeros(frames, np.float32)
    low, high = max(0, first), min(len(loudness), first + frames)
    if low < high:
        piece[low - first : high - first] = loudness[low:high]
    return piece
