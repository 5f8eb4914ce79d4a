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
    luma, blue, red = (small[:, ::_STRIDE].astype(np.float32) - 128).reshape(3, -1)
    count = luma.size
    mean = float(luma.sum()) / count
    chroma = np.sqrt(blue * blue + red * red)
    return Color(
        brightness=(mean + 128) / 255,
        saturation=min(1.0, float(chroma.sum()) / count / _CHROMA_FULL),
        contrast=min(1.0, math.sqrt(max(0.0, float(luma @ luma) / count - mean * mean)) / 128),
        warmth=float(red.sum() - blue.sum()) / count / 255,
        variety=_variety(luma + 128, blue, red, chroma),
    )


def _variety(
    luma: NDArray[np.float32], blue: NDArray[np.float32], red: NDArray[np.float32], chroma: NDArray[np.float32]
) -> float:
    """The effective number of hues beyond the first, times the saturation weighted by light."""
    whole = float(chroma.sum())
    if whole <= 0:
        return 0.0
    places = ((np.arctan2(red, blue) + math.pi) * (_HUES / (2 * math.pi))).astype(np.intp) % _HUES
    shares = np.bincount(places, weights=chroma, minlength=_HUES) / whole
    hues = math.exp(-float(sum(share * math.log(share) for share in shares.tolist() if share > 0)))  # Hill 1973
    lit = min(1.0, float(chroma @ luma) / max(1.0, float(luma.sum())) / _CHROMA_FULL)
    return lit * min(1.0, (hues - 1) / (_MANY_HUES - 1))
