"""Clicks heard: how long after a note was due its sound begins in a recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from stream_v2m.core.delays import Delays

LONGEST = 0.5  # seconds; clicks lie further apart
_AROUND = 0.05  # seconds from the usual delay within which one click is looked for
_ONSET = 0.25  # of a click's loudest moment: there it has begun
_ABOVE_NOISE = 6.0  # times the usual loudness: less is no click
_SILENCE = 1e-6  # of full scale


def match_clicks(times: ArrayLike, loudness: ArrayLike, clicks: Sequence[float]) -> Delays:
    """Find each click in what was heard.

    Args:
        times: session seconds of short pieces of sound [N], rising.
        loudness: the loudest sample of each [N].
        clicks: when each was due.
    """
    moments, levels = np.asarray(times, float), np.asarray(loudness, float)
    floor = max(_ABOVE_NOISE * float(np.median(levels)), _SILENCE) if len(levels) else _SILENCE
    begun = []
    for click in clicks:
        first, last = np.searchsorted(moments, (click, click + LONGEST))
        after = levels[first:last]
        if len(after) and after.max() > floor:
            begun.append(float(moments[first + int(np.argmax(after >= _ONSET * after.max()))]) - click)
    usual = float(np.median(begun)) if begun else 0.0
    return Delays(tuple(delay for delay in begun if abs(delay - usual) <= _AROUND), len(clicks))
