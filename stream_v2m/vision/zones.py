"""Zones: parts of the picture whose motion is told apart, so that each can drive something of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import ascii_lowercase
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field

from stream_v2m.vision.blocks import COLUMNS, ROWS

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_HALVES = {(2, 1): ("left", "right"), (1, 2): ("top", "bottom")}
_GRID = re.compile(r"(\d{1,2})x(\d{1,2})")

Share = Annotated[float, Field(ge=0, le=1)]
Box = tuple[Share, Share, Share, Share]


def _read(value: object) -> object:
    """A grid written as ``COLUMNSxROWS`` as its boxes: ``left`` and ``right``, ``top`` and ``bottom``, or ``a1`` ….

    In a grid letters are columns from the left, numbers are rows from the top.
    """
    if not isinstance(value, str):
        return value
    match = _GRID.fullmatch(value)
    columns, rows = map(int, match.groups()) if match else (0, 0)
    if not (1 <= columns <= COLUMNS and 1 <= rows <= ROWS):
        raise ValueError(f"a table of boxes, or a grid of up to {COLUMNS}x{ROWS} zones, as '2x1'")
    cells = [(column, row) for row in range(rows) for column in range(columns)]
    named = _HALVES.get((columns, rows)) or [f"{ascii_lowercase[column]}{row + 1}" for column, row in cells]
    boxes = [(x / columns, y / rows, (x + 1) / columns, (y + 1) / rows) for x, y in cells]
    return dict(zip(named, boxes, strict=True))


def _sound(zones: Mapping[str, Box]) -> Mapping[str, Box]:
    for name, (left, top, right, bottom) in zones.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no zone's name; begin with a letter, go on with letters, digits, - and _")
        if left >= right or top >= bottom:
            raise ValueError(f"{name}: left before right and top before bottom, as [0, 0, 0.5, 1]")
    return zones


Zones = Annotated[Mapping[str, Box], BeforeValidator(_read), AfterValidator(_sound)]


class ZoneMeter:
    """Means over zones of what is known of the picture's blocks."""

    def __init__(self, zones: Mapping[str, Box]) -> None:
        self.names = tuple(zones)
        masks = [
            np.outer(_covered(top, bottom, ROWS), _covered(left, right, COLUMNS))
            for left, top, right, bottom in zones.values()
        ]
        self._weights = np.array([(mask / mask.sum()).ravel() for mask in masks], np.float32).reshape(
            -1, ROWS * COLUMNS
        )

    def means(self, blocks: NDArray[np.float32]) -> list[float]:
        """The mean of each zone, of blocks float32 [144]."""
        means: list[float] = (self._weights @ blocks).tolist()
        return means


def _covered(begin: float, end: float, count: int) -> NDArray[np.float64]:
    """The share of each of ``count`` blocks in a row that lies from ``begin`` to ``end``, shares of the row."""
    edges = np.clip(np.arange(count + 1) / count, begin, end)
    return np.diff(edges)
