"""Painting with numpy: soft discs, gradients and drifting textures on planar float32 pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 180
ASPECT = WIDTH / HEIGHT

Plane = NDArray[np.floating[Any]]  # [H, W]
Planes = NDArray[np.floating[Any]]  # [3, H, W], red, green, blue, 0–255
Colour = tuple[int, int, int]

_SHADES = 1024


def grid() -> tuple[Plane, Plane]:
    """``x`` [1, W] from −16/9 to 16/9 and ``y`` [H, 1] from −1 (top) to 1."""
    return _along(0, WIDTH, ASPECT)[None, :], _along(0, HEIGHT, 1)[:, None]


def palette(*colours: Colour) -> NDArray[np.float32]:
    """A ramp through ``colours``, evenly spaced: float32 [3, shades], for ``paint``."""
    places = np.linspace(0, 1, len(colours))
    shades = np.linspace(0, 1, _SHADES)
    return np.stack([np.interp(shades, places, channel) for channel in zip(*colours, strict=True)]).astype(np.float32)


def paint(ramp: NDArray[np.float32], field: Plane) -> Planes:
    """Colour a field 0–1 (clipped) by a ramp; a field [H, 1] gives a picture [3, H, 1] to broadcast."""
    index = np.clip(field * (_SHADES - 1), 0, _SHADES - 1).astype(np.intp)
    painted: Planes = np.take(ramp, index, axis=1)
    return painted


def full(planes: Planes) -> Planes:
    """A picture that broadcasts, as a whole one of its own."""
    return np.array(np.broadcast_to(planes, (3, HEIGHT, WIDTH)), np.float32)


def smooth(field: Plane) -> Plane:
    """0 below 0, 1 above 1, and an S between (Hermite)."""
    clipped = np.clip(field, 0, 1)
    eased: Plane = clipped * clipped * (3 - 2 * clipped)
    return eased


def blend(planes: Planes, colour: Colour, alpha: Plane) -> None:
    """Lay ``colour`` over a picture, in place; alpha 0–1."""
    for plane, channel in zip(planes, colour, strict=True):
        plane += alpha * (channel - plane)


def spot(planes: Planes, x: float, y: float, radius: float, colour: Colour, *, soft: float, opacity: float = 1) -> None:
    """Lay a disc over a picture, in place; its edge fades from ``radius - soft`` to ``radius``."""
    left, right = _span(x + ASPECT, radius, WIDTH)
    top, bottom = _span(y + 1, radius, HEIGHT)
    if left >= right or top >= bottom:
        return
    across, down = _along(left, right, ASPECT) - x, _along(top, bottom, 1) - y
    distance = np.sqrt((across * across)[None, :] + (down * down)[:, None])
    blend(planes[:, top:bottom, left:right], colour, opacity * smooth((radius - distance) / soft))


def clouds(rng: np.random.Generator, *, cells: int, octaves: int = 4, stretch: float = 1.0) -> Plane:
    """Value noise 0–1, float32 [H, 2 W], which repeats across: for ``drift``. ``stretch`` lengthens it across."""
    total = np.zeros((HEIGHT, 2 * WIDTH), np.float32)
    for octave in range(octaves):
        down = cells * 2**octave
        across = max(2, round(2 * ASPECT * down / stretch))
        knots = rng.random((down + 1, across)).astype(np.float32)
        total += _interpolated(np.concatenate([knots, knots[:, :1]], axis=1), total.shape) / 2**octave
    low, high = float(total.min()), float(total.max())
    return (total - low) / (high - low)


def drift(texture: Plane, shift: float) -> Plane:
    """A picture's width of a texture that repeats across, moved left by ``shift`` pixels, which need not be whole."""
    whole = int(np.floor(shift))
    rest = np.float32(shift - whole)
    columns = np.arange(whole, whole + WIDTH + 1) % texture.shape[1]
    part = texture[:, columns]
    return part[:, :-1] + rest * (part[:, 1:] - part[:, :-1])


def _along(first: int, end: int, reach: float) -> NDArray[np.float32]:
    return (np.arange(first, end, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / HEIGHT) - np.float32(reach)


def _span(centre: float, radius: float, limit: int) -> tuple[int, int]:
    scale = HEIGHT / 2
    return max(0, int((centre - radius) * scale)), min(limit, int((centre + radius) * scale) + 1)


def _interpolated(knots: Plane, shape: tuple[int, ...]) -> Plane:
    for axis, size in enumerate(shape):
        place = np.linspace(0, knots.shape[axis] - 1, size, endpoint=False)
        low = place.astype(np.intp)
        weight = smooth((place - low).astype(np.float32))
        weight = weight[:, None] if axis == 0 else weight[None, :]
        before, after = np.take(knots, low, axis), np.take(knots, low + 1, axis)
        knots = before + weight * (after - before)
    return knots
