"""Colour: brightness, saturation, contrast, warmth and variety of a picture, each 0–1 (warmth −1…1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STRIDE = 4  # every fourth row: the measures are means
_CHROMA_FULL = 100.0  # chroma magnitude of a strongly saturated picture, of 128
_HUES = 12  # that are told apart, as on Itten's wheel (Itten 1961)
_MANY_HUES = 4  # of equal weight


@dataclass(frozen=True, slots=True)
class Color:
    """What the colours are like, over the whole picture.

    Attributes:
        variety: how many hues there are, as vivid as they are where there is light: 0 for one hue or none.
    """

    brightness: float
    saturation: float
    contrast: float
    warmth: float
    variety: float = 0.0


def measure_color(small: NDArray[np.uint8]) -> Color:
    """Of planar full-range YUV [3, 90, 160]."""
    luma, blue, red = small[:, ::_STRIDE].astype(np.float32).reshape(3, -1)
    blue -= 128
    red -= 128
    chroma = np.sqrt(blue * blue + red * red)
    light, vividness = float(luma.sum()), float(chroma.sum())
    count = luma.size
    mean = light / count
    return Color(
        brightness=mean / 255,
        saturation=min(1.0, vividness / count / _CHROMA_FULL),
        contrast=min(1.0, math.sqrt(max(0.0, float(luma @ luma) / count - mean * mean)) / 128),
        warmth=float(red.sum() - blue.sum()) / count / 255,
        variety=_hues(blue, red, chroma) * min(1.0, float(chroma @ luma) / max(1.0, light) / _CHROMA_FULL),
    )


def _hues(blue: NDArray[np.float32], red: NDArray[np.float32], chroma: NDArray[np.float32]) -> float:
    """The effective number of hues beyond the first, 0–1, each as heavy as it is vivid."""
    places = ((np.arctan2(red, blue) + math.pi) * (_HUES / (2 * math.pi))).astype(np.intp)
    *weights, round_ = np.bincount(places, weights=chroma, minlength=_HUES + 1).tolist()
    weights[0] += round_  # the angle of π is that of −π
    whole = sum(weights)
    if whole <= 0:
        return 0.0
    hues = math.exp(-sum(weight / whole * math.log(weight / whole) for weight in weights if weight > 0))  # Hill 1973
    return min(1.0, (hues - 1) / (_MANY_HUES - 1))
