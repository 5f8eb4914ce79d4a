"""How much a piece repeats itself, at short, middle and long range: the structureness indicator.

Wu & Yang 2020 (arXiv 2008.01307), section 5.4, on the fitness scape plot of Müller, Jiang & Grohganz 2011 ("A scape
plot representation for visualizing repetitive structures of music recordings"), with chroma taken from the notes.
Differences from the paper's: features at 1 Hz, not 2, and no search over tempi, since both cost much and the music
that is judged here keeps its tempo.
"""

from __future__ import annotations

import numpy as np

from models.metrics.piece import Floats, Piece

SMOOTHING_S = 2.1  # the paper's: 21 frames of 0.1 s
PATH_SMOOTHING_S = 8  # the paper's: 16 features at 2 Hz
KEPT_SHARE = 0.25  # of the similarities, the highest; the rest is a penalty
PENALTY = -2.0
RANGES = {"short": (3, 8), "mid": (8, 15), "long": (15, None)}  # seconds of the repeated segment
_TINY = 1e-16


def structureness(piece: Piece) -> dict[str, float]:
    """SI: the highest fitness 0–1 of any segment of each range of length; NaN where the piece is too short for it."""
    fitness = fitness_scape_plot(self_similarity(chroma(piece)))
    found = {}
    for name, (low, high) in RANGES.items():
        rows = fitness[low - 1 : high]
        found[name] = float(rows.max()) if rows.size else float("nan")
    return found


def chroma(piece: Piece) -> Floats:
    """How loud each pitch class sounds around each second: unit vectors [T, 12]; what is silent is flat."""
    length = int(np.ceil(piece.end.max(initial=0.0) - piece.start.min(initial=np.inf))) if len(piece.start) else 0
    centres = piece.start.min(initial=np.inf) + np.arange(length) + 0.5 if length else np.zeros(0)
    low, high = centres[:, None] - SMOOTHING_S / 2, centres[:, None] + SMOOTHING_S / 2
    sounding = np.clip(np.minimum(piece.end, high) - np.maximum(piece.start, low), 0, None) * piece.velocity
    classes = np.zeros((len(piece.pitch), 12))
    classes[np.arange(len(piece.pitch)), piece.pitch % 12] = 1
    found = sounding @ classes
    norm = np.linalg.norm(found, axis=1, keepdims=True)
    unit: Floats = np.where(norm > 0, found / np.maximum(norm, _TINY), 12**-0.5)
    return unit


def self_similarity(features: Floats) -> Floats:
    """Path-smoothed, transposition-invariant similarity of unit vectors [T, 12]: [T, T], at most 1, 1 on the diagonal.

    The highest quarter is scaled to 0–1; all else is the penalty.
    """
    best = np.full((len(features), len(features)), -np.inf)
    for shift in range(12):
        similar = np.roll(features, shift, axis=1) @ features.T
        best = np.maximum(best, np.maximum(_along_paths(similar, 1), _along_paths(similar, -1)))
    threshold = np.quantile(best, 1 - KEPT_SHARE) if best.size else 0.0
    kept = best >= threshold
    span = best.max(initial=0.0) - threshold
    scaled = (best - threshold) / span if span > 0 else np.ones_like(best)
    found = np.where(kept, scaled, PENALTY)
    np.fill_diagonal(found, 1.0)
    return found


def _along_paths(similar: Floats, direction: int) -> Floats:
    """Mean over ``PATH_SMOOTHING_S`` seconds forward or backward in both pieces; beyond the edges is 0."""
    size = len(similar)
    total = np.zeros_like(similar)
    for step in range(min(PATH_SMOOTHING_S, size)):
        inside = size - step
        if direction > 0:
            total[:inside, :inside] += similar[step:, step:]
        else:
            total[step:, step:] += similar[:inside, :inside]
    found: Floats = total / PATH_SMOOTHING_S
    return found


def fitness_scape_plot(similar: Floats) -> Floats:
    """Fitness [T, T] of every segment, by its length − 1 and its start; 0 where it would pass the end.

    Fitness is the harmonic mean of how well and how much of the piece the segment's best family of paths explains,
    itself left out.
    """
    size = len(similar)
    found = np.zeros((size, size))
    for length in range(1, size + 1):
        found[length - 1, : size - length + 1] = _fitness(similar, length)
    return np.maximum(found, 0.0)


def _fitness(similar: Floats, length: int) -> Floats:
    """Fitness [S] of all S segments of one length.

    Accumulated scores go row by row (Müller 2015, "Fundamentals of Music Processing", section 4.3.1); column 0 is
    where no path runs. Beside the score each cell carries how many cells and how many rows its paths have covered, so
    that nothing is traced back.
    """
    size = len(similar)
    columns = np.arange(size - length + 1)[:, None] + np.arange(length)
    never = np.zeros((3, len(columns), length + 1))  # score, cells, rows
    never[0] = -np.inf
    start = never.copy()
    start[0, :, 0] = 0
    earlier = before = never
    for row in range(size):
        now = start.copy() if row == 0 else never.copy()
        if row:
            now[:, :, 0] = _better(before[:, :, 0], before[:, :, -1])
        now[:, :, 1] = now[:, :, 0]
        now[1:, :, 1] += 1
        if row:
            straight, skipping, waiting = before[:, :, 1:-1], before[:, :, :-2], earlier[:, :, 1:-1].copy()
            waiting[2] += 1
            taken = _better(_better(straight, skipping), waiting)
            taken[1:] += 1
            now[:, :, 2:] = taken
        now[0, :, 1:] += similar[row, columns]
        earlier, before = before, now
    score, cells, rows = _better(before[:, :, 0], before[:, :, -1])
    score = (score - length) / np.maximum(cells, 1)
    coverage = (rows - length) / size
    return np.where((score > 0) & (coverage > 0), 2 * score * coverage / np.maximum(score + coverage, _TINY), 0.0)


def _better(one: Floats, other: Floats) -> Floats:
    """Cell by cell the one with the higher score, the first where they are equal."""
    return np.where(other[0] > one[0], other, one)
