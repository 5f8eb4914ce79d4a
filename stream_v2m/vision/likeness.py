"""Likeness: how different two pictures are, whatever the exposure, and whether one is the other, moved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from stream_v2m.vision.blocks import block_means

_NOISE = 49.0  # variance of luma blocks below which structure may be noise
_GAIN = 3.0  # the largest step of an exposure, either way
_LEVEL = 100.0  # luma levels between two flat pictures that are as different as can be
_CHROMA = 32.0  # chroma levels that weigh as much as a change of all structure

_BLACK_LEVEL, _BLACK_DEVIATION = 4.0, 2.0  # luma; a picture below both is black
_DIM_LEVEL, _DIM_DEVIATION = 36.0, 18.0  # what a fade of half a second shows, at most, a frame before it is black

_SAMPLE = 2  # pixels, when a move is looked for
_OVERLAP = 0.5  # of the picture, each way, that a move leaves in sight at least
_SAME_DETAIL = 0.5  # correlation of what stays in sight
_SAME_COLOR = 12.0  # mean absolute chroma difference of it
_SAME_LEVEL = 24.0


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """What is kept of a picture for comparisons.

    Attributes:
        small: the planes uint8 [3, 90, 160], for the rare look at detail.
        blocks: luma block means without their mean, chroma block means from grey, float32 [3, 144].
        level, variance: of the luma blocks.
    """

    small: NDArray[np.uint8]
    blocks: NDArray[np.float32]
    level: float
    variance: float

    @classmethod
    def of(cls, small: NDArray[np.uint8]) -> Self:
        """The print of planar full-range YUV [3, 90, 160]."""
        blocks = block_means(small).reshape(3, -1)
        luma, count = blocks[0], blocks.shape[1]
        level = float(luma.sum()) / count
        luma -= level
        blocks[1:] -= 128
        return cls(small, blocks, level, float(luma @ luma) / count)


def change(a: Print, b: Print) -> float:
    """From 0 (the same, or the same at another exposure) to about 1 (nothing in common); more if colours differ too.

    The mean absolute difference of structure, in deviations of it, after taking out a gain when
    contrast and level rise or fall together, as they do with exposure; a flash lifts the level and
    takes contrast away, so it stays a change. Flat pictures are compared by level.
    """
    up, down = _gains(a, b)
    power = (up * up * a.variance + down * down * b.variance) / 2 + _NOISE
    changed, count = np.abs(up * a.blocks - down * b.blocks), a.blocks.size / 3
    structure = float(changed[0].sum()) / count / math.sqrt(power)
    level = _NOISE / power * min(1.0, abs(a.level - b.level) / _LEVEL)
    color = float(changed[1:].sum()) / (2 * count) / _CHROMA
    return structure + level + color


def fades(a: Print, b: Print) -> bool:
    """Whether one is black and the other nearly so: the end of a fade, or its beginning."""
    dark, light = (a, b) if a.level < b.level else (b, a)
    black = dark.level < _BLACK_LEVEL and dark.variance < _BLACK_DEVIATION**2
    return black and light.level < _DIM_LEVEL and light.variance < _DIM_DEVIATION**2


def moved(a: Print, b: Print) -> bool:
    """Whether ``b`` shows what ``a`` showed, shifted: a pan or a shake, by phase correlation (Kuglin & Hines 1975).

    A third of a millisecond: for pictures that have changed, not for every one.
    """
    before, after = _half(a), _half(b)
    cross = np.fft.rfft2(_windowed(after[0])) * np.conj(np.fft.rfft2(_windowed(before[0])))
    surface = np.fft.irfft2(cross / (np.abs(cross) + 1e-6), s=before[0].shape)
    rows, columns = surface.shape
    reach_y, reach_x = int(rows * (1 - _OVERLAP)), int(columns * (1 - _OVERLAP))
    near = np.roll(surface, (reach_y, reach_x), (0, 1))[: 2 * reach_y + 1, : 2 * reach_x + 1]
    place_y, place_x = divmod(int(near.argmax()), near.shape[1])
    y, x = place_y - reach_y, place_x - reach_x
    stays, stayed = _stays(before, y, x), _stays(after, -y, -x)
    level = abs(float(stays[0].mean() - stayed[0].mean()))
    color = float(np.abs(stays[1:] - stayed[1:]).mean())
    return bool(level < _SAME_LEVEL and color < _SAME_COLOR and _correlation(stays[0], stayed[0]) > _SAME_DETAIL)


def _gains(a: Print, b: Print) -> tuple[float, float]:
    """Factors that bring both to the stronger's contrast, if exposure may have changed it."""
    if (b.level - a.level) * (b.variance - a.variance) <= 0:
        return 1.0, 1.0
    gain = ((b.variance + 1e-6) / (a.variance + 1e-6)) ** 0.5
    return min(_GAIN, max(1.0, gain)), min(_GAIN, max(1.0, 1 / gain))


def _half(a: Print) -> NDArray[np.float32]:
    """The planes at half the size, [3, 45, 80]."""
    return a.small[:, ::_SAMPLE, ::_SAMPLE].astype(np.float32)


def _windowed(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Faded at the edges, whose meeting would correlate too."""
    rows, columns = luma.shape
    return np.asarray((luma - luma.mean()) * np.outer(np.hanning(rows), np.hanning(columns)), np.float32)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Pearson's; 0 where one is flat."""
    a, b = (a - a.mean()).ravel(), (b - b.mean()).ravel()
    power = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / power if power > 0 else 0.0


def _stays(plane: NDArray[np.float32], y: int, x: int) -> NDArray[np.float32]:
    """The part of a plane [..., h, w] that is still in sight when everything moves by ``y``, ``x``."""
    height, width = plane.shape[-2:]
    return plane[..., max(0, -y) : height - max(0, y), max(0, -x) : width - max(0, x)]
