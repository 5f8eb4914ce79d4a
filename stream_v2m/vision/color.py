"""Colour: brightness, saturation, contrast and warmth of a picture, each 0–1 (warmth −1…1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STRIDE = 4  # every fourth row: the measures are means
_CHROMA_FULL = 100.0  # chroma magnitude of a strongly saturated picture, of 128


@dataclass(frozen=True, slots=True)
class Color:
    """What the colours are like, over the whole picture."""

    brightness: float
    saturation: float
    contrast: float
    warmth: float


def measure_color(small: NDArray[np.uint8]) -> Color:
    """Of planar full-range YUV [3, 90, 160]."""
    luma, blue, red = (small[:, ::_STRIDE].astype(np.float32) - 128).reshape(3, -1)
    count = luma.size
    mean = float(luma.sum()) / count
    return Color(
        brightness=(mean + 128) / 255,
        saturation=min(1.0, float(np.sqrt(blue * blue + red * red).sum()) / count / _CHROMA_FULL),
        contrast=min(1.0, math.sqrt(max(0.0, float(luma @ luma) / count - mean * mean)) / 128),
        warmth=float(red.sum() - blue.sum()) / count / 255,
    )
