"""A long progression, a chord label a step: does it get stuck, come back, find anything new?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise


def longest_run(labels: Sequence[int]) -> int:
    """How many steps one chord lasts at most."""
    return max((len(list(same)) for _, same in groupby(labels)), default=0)


def longest_loop(labels: Sequence[int], longest: int) -> tuple[int, int]:
    """For how many steps one loop of at most ``longest`` steps goes round at most, and the loop's length.

    The first round counts too; of two that last alike the shorter; (0, 0) where nothing comes twice.
    """
    found = (0, 0)
    for period in range(1, longest + 1):
        same = [now == before for before, now in zip(labels, labels[period:], strict=False)]
        steps = max((len(list(run)) for equal, run in groupby(same) if equal), default=0)
        if steps >= period and steps + period > found[0]:
            found = (steps + period, period)
    return found


def returns(labels: Sequence[int], length: int, *, every: int, within: int) -> list[bool]:
    """For each phrase of ``length`` steps that begins on a multiple of ``every``: was it heard before?

    Args:
        within: how many steps ago the earlier one begins at most; it too begins on a multiple of ``every``.
    """
    last: dict[tuple[int, ...], int] = {}
    found = []
    for first in range(0, len(labels) - length + 1, every):
        phrase = tuple(labels[first : first + length])
        found.append(phrase in last and first - last[phrase] <= within)
        last[phrase] = first
    return found


def new_trigrams(labels: Sequence[int]) -> list[bool]:
    """For each step: does it end three different chords in a row, repeats left out, that never came before?"""
    seen: set[tuple[int, ...]] = set()
    changes: list[int] = list(labels[:1])
    found = [False] * min(1, len(labels))
    for before, now in pairwise(labels):
        if now != before:
            changes.append(now)
        trigram = tuple(changes[-3:])
        found.append(now != before and len(trigram) == 3 and trigram not in seen)
        if found[-1]:
            seen.add(trigram)
    return found
