"""Who belongs to whom: messages to their arrivals, accents and cuts to what happened in the film. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.float64]
ARRIVES_WITHIN = 1.0  # seconds
EARLY = 0.005  # seconds by which a driver's stamp of the arrival may precede our own of the sending


def arrivals(sent: Moments, arrived: Moments) -> Moments:
    """When each sent message arrived [N]; NaN where it did not.

    A wire keeps the order, so of equal messages the first that arrives is the first that was sent.

    Args:
        sent, arrived: [N, 2] and [M, 2]: moment, and the message as a number.
    """
    waiting: dict[float, list[float]] = defaultdict(list)
    for at, message in arrived[np.argsort(arrived[:, 0], kind="stable")]:
        waiting[message].append(at)
    next_of: dict[float, int] = defaultdict(int)
    found = np.full(len(sent), np.nan)
    for place in np.argsort(sent[:, 0], kind="stable"):
        moment, message = sent[place]
        queue = waiting[message]
        while next_of[message] < len(queue) and queue[next_of[message]] < moment - EARLY:
            next_of[message] += 1
        if next_of[message] < len(queue) and queue[next_of[message]] <= moment + ARRIVES_WITHIN:
            found[place] = queue[next_of[message]]
            next_of[message] += 1
    return found


def causes(reactions: Sequence[float], told: Sequence[tuple[float, int]]) -> list[int | None]:
    """For each reaction the number of the event that was told last before it; None if there was none.

    An event is told before it is answered, however late both are, so nothing need be known of how late.

    Args:
        reactions: moments.
        told: moments, and numbers; in the order of time.
    """
    moments = [at for at, _ in told]
    places = [bisect_right(moments, reaction) - 1 for reaction in reactions]
    return [told[place][1] if place >= 0 else None for place in places]


@dataclass(frozen=True, slots=True)
class Score:
    """How many events there were, how many of them were found, and what was found besides."""

    known: int
    found: int
    false: int


def score(known: Sequence[int], found: Sequence[int], *, late: int) -> Score:
    """Compare numbers of frames: an event may be found up to ``late`` frames after it began, once."""
    right = len(pairs(known, found, late=late))
    return Score(len(known), right, len(found) - right)


def pairs(known: Sequence[int], found: Sequence[int], *, late: int) -> dict[int, int]:
    """By the number of a known event the place in ``found`` of the first that is it; see ``score``."""
    left = sorted(range(len(found)), key=lambda place: (found[place], place))
    matched = {}
    for number in sorted(known):
        match = next((place for place in left if number <= found[place] <= number + late), None)
        if match is not None:
            left.remove(match)
            matched[number] = match
    return matched
