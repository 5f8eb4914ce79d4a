"""Flashes seen: how long after a screen went bright or dark a camera's pictures show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stream_v2m.core.delays import Delays

LONGEST = 1.5  # seconds that a picture may take
_STEP = 0.01  # seconds between two delays that are tried
_AROUND = 0.2  # seconds from the usual delay within which one change is looked for; changes lie further apart
_ALIKE = 0.6  # correlation with the screen of a part of the picture that shows it
_SHARE = 0.8  # of the best part's correlation, for the other parts
_LEAST_STEP = 4.0  # of 255: less is no change of a screen

Floats = NDArray[np.float64]


def match_flashes(times: ArrayLike, blocks: ArrayLike, changes: Sequence[tuple[float, bool]]) -> Delays:
    """Find each change of the screen in the pictures.

    The parts of the picture that go bright and dark as the screen does, one common delay later, are taken
    together; a change is where their brightness passes the middle between dark and bright, between two pictures
    by straight line. So a delay is neither the lucky nor the unlucky moment between two pictures, but the middle.

    Args:
        times: arrival of each picture, session seconds [F], rising.
        blocks: brightness 0–255 of parts of each picture [F, B].
        changes: when the screen changed, and whether to bright; closer than ``2 * _AROUND`` two are mixed up.
    """
    moments, levels = np.asarray(times, float), np.asarray(blocks, float)
    if len(moments) < 2 or not changes:
        return Delays((), len(changes))
    lag, chosen = _coarse(moments, levels, changes)
    if not chosen.any():
        return Delays((), len(changes))
    signal = levels[:, chosen].mean(axis=1)
    bright = _screen(moments - lag, changes)
    dark_level, bright_level = np.median(signal[~bright]), np.median(signal[bright])
    if bright_level - dark_level < _LEAST_STEP:
        return Delays((), len(changes))
    height = (signal - dark_level) / (bright_level - dark_level) - 0.5
    found = (_crossing(moments, height if to_bright else -height, at + lag) for at, to_bright in changes)
    delays = zip(found, changes, strict=True)
    return Delays(tuple(moment - at for moment, (at, _) in delays if moment is not None), len(changes))


def _coarse(times: Floats, levels: Floats, changes: Sequence[tuple[float, bool]]) -> tuple[float, NDArray[np.bool_]]:
    """The delay at which some part of the picture is most like the screen, and which parts are."""
    steady = np.maximum(levels.std(axis=0), 1e-9)
    normal = (levels - levels.mean(axis=0)) / steady
    lags = np.arange(0.0, LONGEST, _STEP)
    alike = np.zeros((len(lags), levels.shape[1]))
    for place, lag in enumerate(lags):
        screen = _screen(times - lag, changes).astype(float)
        if screen.std() > 0:
            alike[place] = (screen - screen.mean()) / screen.std() @ normal / len(times)
    best = int(alike.max(axis=1).argmax())
    top = float(alike[best].max())
    chosen = alike[best] >= max(_ALIKE, _SHARE * top)
    return float(lags[best]), chosen


def _screen(moments: Floats, changes: Sequence[tuple[float, bool]]) -> NDArray[np.bool_]:
    """Whether the screen was bright; before the first change it was the other way."""
    states = np.array([not changes[0][1], *(bright for _, bright in changes)])
    bright: NDArray[np.bool_] = states[np.searchsorted([at for at, _ in changes], moments, side="right")]
    return bright


def _crossing(times: Floats, height: Floats, about: float) -> float | None:
    """The moment nearest to ``about`` where ``height`` rises through 0."""
    rises = np.flatnonzero((height[:-1] < 0) & (height[1:] >= 0))
    before, after = height[rises], height[rises + 1]
    moments = times[rises] + (times[rises + 1] - times[rises]) * before / (before - after)
    near = moments[np.abs(moments - about) <= _AROUND]
    return float(near[np.abs(near - about).argmin()]) if len(near) else None
