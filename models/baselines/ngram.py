"""Chords from the last few alone: repeating the last one, and n-grams."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from models.data.song import Song
from models.metrics.protocol import Floats, Labels, protocol_targets
from stream_v2m.inference.contract import LOGITS, PAD

_BACK_OFF = 0.5  # weight of the shorter context, in counts of the longer one
_REPEAT_CHANCE = 0.9


def repeat_last(before: Labels) -> Floats:
    """Logits [n, 159] that put the chord before each target first, and nothing else in order."""
    logits = np.full((len(before), LOGITS), np.log((1 - _REPEAT_CHANCE) / (LOGITS - 2)))
    logits[:, PAD] = -1e4
    logits[np.arange(len(before)), before] = np.log(_REPEAT_CHANCE)
    return logits


class NGram:
    """Chances of the next chord after the last ``order`` − 1, backing off to shorter contexts."""

    def __init__(self, order: int, songs: list[Song]) -> None:
        self.order = order
        self.counts: list[dict[tuple[int, ...], Counter[int]]] = [defaultdict(Counter) for _ in range(order)]
        for song in songs:
            before, targets = protocol_targets(song.by_seconds())
            for i, target in enumerate(targets):
                for size in range(order):
                    if i + 1 >= size:
                        self.counts[size][tuple(before[i + 1 - size : i + 1])][int(target)] += 1

    def logits(self, before: Labels) -> Floats:
        """Log chances [n, 159] of each target, given all chords before it."""
        return np.log(np.stack([self._chances(before, i) for i in range(len(before))]))

    def _chances(self, before: Labels, i: int) -> Floats:
        chances = np.full(LOGITS, 1.0 / (LOGITS - 1))
        chances[PAD] = 1e-12
        for size in range(min(self.order, i + 2)):
            seen = self.counts[size].get(tuple(before[i + 1 - size : i + 1]))
            if seen:
                found = np.zeros(LOGITS)
                found[list(seen)] = list(seen.values())
                chances = (found + _BACK_OFF * chances) / (found.sum() + _BACK_OFF)
        return chances
