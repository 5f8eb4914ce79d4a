"""Invented scenes as the small planar pictures that the measures see, for tests and benchmarks of vision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.values import SMALL_HEIGHT, SMALL_WIDTH, Frame

Small = NDArray[np.uint8]

GREY = 128


class Scene:
    """A wide textured wall of blobs, of which a picture shows the part at an offset; it repeats sideways and down.

    Args:
        seed: another seed is another scene, as different as the two sides of a cut.
        sides: width and height of blobs in pixels, from the coarse to the fine.
        contrast: luma deviation.
        chroma: the largest chroma of a blob, from grey.
    """

    def __init__(
        self,
        seed: int,
        *,
        sides: tuple[int, ...] = (40, 20, 10),
        contrast: float = 40.0,
        chroma: float = 40.0,
    ) -> None:
        rng = np.random.default_rng(seed)
        height, width = 2 * SMALL_HEIGHT, 2 * SMALL_WIDTH
        luma = sum(_blobs(rng, height, width, side) * side for side in sides)
        assert isinstance(luma, np.ndarray)
        luma = GREY + contrast * (luma - luma.mean()) / luma.std()
        colors = [GREY + chroma * _blobs(rng, height, width, sides[0]) for _ in range(2)]
        wall = np.clip(np.stack([luma, *colors]), 0, 255).astype(np.float32)
        self._wall = np.tile(wall, (1, 2, 2))
        self._size = width, height

    def at(self, x: float = 0.0, y: float = 0.0) -> Small:
        """The picture [3, 90, 160] with the wall moved ``x`` pixels left and ``y`` up; parts of pixels count."""
        width, height = self._size
        (left, right), (up, down) = divmod(x % width, 1), divmod(y % height, 1)
        part = self._wall[:, int(up) : int(up) + SMALL_HEIGHT + 1, int(left) : int(left) + SMALL_WIDTH + 1]
        part = part[:, :, :-1] + right * (part[:, :, 1:] - part[:, :, :-1]) if right else part[:, :, :-1]
        part = part[:, :-1] + down * (part[:, 1:] - part[:, :-1]) if down else part[:, :-1]
        return np.asarray(part, np.uint8)


def _blobs(rng: np.random.Generator, height: int, width: int, side: int) -> NDArray[np.float64]:
    """Smooth blobs −1…1 that fit to themselves at the edges."""
    coarse = rng.uniform(-1, 1, (-(-height // side), -(-width // side)))
    for axis, length in enumerate((height, width)):
        place = np.arange(length) / side
        whole, part = place.astype(int), place % 1
        part = part * part * (3 - 2 * part)
        shape = (-1, 1) if axis == 0 else (1, -1)
        size = coarse.shape[axis]
        low, high = coarse.take(whole % size, axis), coarse.take((whole + 1) % size, axis)
        coarse = low + part.reshape(shape) * (high - low)
    return coarse


def plain(luma: int, *, blue: int = GREY, red: int = GREY) -> Small:
    """A picture of one colour."""
    small = np.empty((3, SMALL_HEIGHT, SMALL_WIDTH), np.uint8)
    small[0], small[1], small[2] = luma, blue, red
    return small


def exposed(small: Small, gain: float, offset: float = 0.0) -> Small:
    """The same picture, brighter or darker."""
    luma = small[0] * gain + offset
    chroma = (small[1:] - float(GREY)) * gain + GREY
    return np.asarray(np.clip(np.concatenate([luma[None], chroma]), 0, 255), np.uint8)


def mixed(a: Small, b: Small, share: float) -> Small:
    """``a`` with ``share`` of ``b`` laid over."""
    laid: Small = (a + share * (b.astype(np.float32) - a)).astype(np.uint8)
    return laid


def noisy(small: Small, rng: np.random.Generator, deviation: float = 4.0) -> Small:
    """With a sensor's noise."""
    return np.clip(small + rng.normal(0, deviation, small.shape), 0, 255).astype(np.uint8)


def frames(pictures: Iterable[Small], *, rate_hz: float = 30.0, start: float = 0.0) -> Iterator[Frame]:
    """Frames at a constant rate; their full picture is not to be had."""
    for number, small in enumerate(pictures):
        yield Frame(start + number / rate_hz, small, _no_picture)


def filmed(picture_at: Callable[[float], Small], seconds: float, *, rate_hz: float = 30.0) -> Iterator[Frame]:
    """``picture_at`` every moment, as frames."""
    return frames((picture_at(number / rate_hz) for number in range(round(seconds * rate_hz))), rate_hz=rate_hz)


def _no_picture(width: int, height: int) -> NDArray[np.uint8]:
    raise AssertionError("the measures must do with the small picture")
