"""How varied pitch is, how alike bars are in rhythm, how often chords go the same way again.

Wu & Yang 2020, "The Jazz Transformer on the front line", ISMIR (arXiv 2008.01307), section 5; a mean over a piece.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from models.metrics.piece import Floats, Ints, Piece

SIXTEENTHS = 16  # places in a bar; the paper's event vocabulary has 64


def entropy(counts: Floats | Ints) -> float:
    """−Σ p log₂ p over counts [n], of which one at least is not 0; bits."""
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum())


def pitch_class_entropy(piece: Piece, bars: int) -> float:
    """H: entropy of the pitch-class histogram of the onsets in every ``bars`` bars in a row, 0…log₂ 12 = 3.585 bits.

    Windows without notes are passed over; a piece shorter than ``bars`` is one window. NaN without notes.
    """
    bar, _ = piece.by_bar(1)
    counts = np.zeros((max(1, len(piece.bars) - 1), 12), np.int64)
    np.add.at(counts, (bar[bar >= 0], piece.pitch[bar >= 0] % 12), 1)
    width = min(bars, len(counts))
    windows = [counts[first : first + width].sum(axis=0) for first in range(len(counts) - width + 1)]
    found = [entropy(window) for window in windows if window.any()]
    return float(np.mean(found)) if found else float("nan")


def onset_patterns(piece: Piece, places: int = SIXTEENTHS) -> Ints:
    """Where in each bar at least one note begins: 0 or 1 [B, places]."""
    bar, place = piece.by_bar(places)
    patterns = np.zeros((max(1, len(piece.bars) - 1), places), np.int64)
    patterns[bar[bar >= 0], place[bar >= 0]] = 1
    return patterns


def grooving_similarity(piece: Piece, places: int = SIXTEENTHS) -> float:
    """GS: 1 − the share of ``places`` (the paper's Q) where one bar has an onset and the other not, over all pairs.

    Bars without an onset before the first and after the last that has one are not the piece's. NaN below two bars.
    """
    patterns = onset_patterns(piece, places)
    played = np.flatnonzero(patterns.any(axis=1))
    if len(played) == 0 or played[-1] == played[0]:
        return float("nan")
    patterns = patterns[played[0] : played[-1] + 1]
    differing = (patterns[:, None, :] != patterns[None, :, :]).mean(axis=2)
    pairs = np.triu_indices(len(patterns), 1)
    return float(1 - differing[pairs].mean())


def change_places(piece: Piece, quarters: int = 4) -> Floats:
    """Share of the chord changes that fall nearest to each of the ``quarters`` of a bar [quarters]; NaN without any.

    A repeated chord is no change, 'no chord' (0) neither begins nor ends one.
    """
    sounding = [(label, start) for label, start in zip(piece.chords, piece.chord_starts, strict=True) if label]
    starts = [start for (before, _), (label, start) in pairwise(sounding) if label != before]
    bars = np.interp(starts, piece.bar_starts, np.arange(len(piece.bar_starts)))
    place = np.rint(bars % 1 * quarters).astype(np.int64) % quarters
    counts = np.bincount(place, minlength=quarters).astype(np.float64)
    return counts / counts.sum() if len(starts) else np.full(quarters, np.nan)


def progression_irregularity(chords: Ints) -> float:
    """CPI: share of different ones among the trigrams of the progression, labels [M].

    1 where there is no more than one. A chord that is repeated counts once; 'no chord' (0) is passed over.
    """
    sounding = [int(label) for label in chords if label]
    changes = sounding[:1] + [after for before, after in pairwise(sounding) if after != before]
    trigrams = list(zip(changes, changes[1:], changes[2:], strict=False))
    return len(set(trigrams)) / len(trigrams) if trigrams else 1.0
