"""Flow: where to what moves goes, one direction for the whole picture."""

from __future__ import annotations

import math

import numpy as np

from stream_v2m.vision.blocks import CELL_COLUMNS, Blocks

FULL = 0.5  # picture widths a second that count as 1
_FIRM = 2.0  # squared luma steps between cells, on average, beside which structure must count to give a direction
_FALL = 0.15  # seconds in which the flow follows, and falls by 1/e where nothing moves


def displacement(before: Blocks, after: Blocks) -> tuple[float, float]:
    """How far the picture of cells [18, 32] moved right and down, in cells, by least squares (Lucas & Kanade 1981).

    One movement for all: what does not move takes part only by noise, since it differs little. Where the picture has
    no structure across a direction it tells nothing of it, and gives 0. A fade is taken out by the means.
    """
    between, step = before + after, after - before
    across = between[1:-1, 2:] - between[1:-1, :-2]
    down = between[2:, 1:-1] - between[:-2, 1:-1]
    inner = step[1:-1, 1:-1] - float(step.sum()) / step.size
    weight = np.abs(inner)
    weight /= float(weight.sum()) / weight.size + 1.0
    wx, wy = weight * across, weight * down
    firm = _FIRM * weight.size * 16  # the slopes are four times too steep
    xx, xy, yy = float(np.vdot(wx, across)) + firm, float(np.vdot(wx, down)), float(np.vdot(wy, down)) + firm
    bx, by = 4 * float(np.vdot(wx, inner)), 4 * float(np.vdot(wy, inner))
    scale = xx * yy - xy * xy
    return (xy * by - yy * bx) / scale, (xy * bx - xx * by) / scale


class FlowMeter:
    """Follows the direction of motion.

    Attributes:
        flow: right and down, each −1…1, where 1 is ``FULL`` picture widths a second or more.
    """

    def __init__(self) -> None:
        self.flow = 0.0, 0.0

    def compare(self, before: Blocks, after: Blocks, elapsed: float, since: float) -> None:
        """Follow what moved between pictures of cells ``elapsed`` seconds apart, ``since`` seconds after the last."""
        moved = displacement(before, after)
        share = -math.expm1(-since / _FALL)
        x, y = (
            was + (min(1.0, max(-1.0, cell / (CELL_COLUMNS * FULL * elapsed))) - was) * share
            for was, cell in zip(self.flow, moved, strict=True)
        )
        self.flow = x, y
