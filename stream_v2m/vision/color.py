"""Colour: brightness, saturation, contrast and warmth of a picture, each 0–1 (warmth −1…1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STRIDE = 2  # every other pixel each way: the measures are means
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
    sampled = small[:, ::_STRIDE, ::_STRIDE].astype(np.float32)
    luma, blue, red = sampled[0], sampled[1] - 128, sampled[2] - 128
    return Color(
        brightness=float(luma.mean()) / 255,
        saturation=min(1.0, float(np.sqrt(blue * blue + red * red).mean()) / _CHROMA_FULL),
        contrast=min(1.0, float(luma.std()) / 128),
        warmth=float((red - blue).mean()) / 255,
    )
