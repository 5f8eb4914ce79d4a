"""Means of ratings by people of films, as of a random sample of both: intervals, spread, consistency, power.

The model is y = mean + participant + film + rest, participants and films random and crossed. With every film rated by
everybody its estimates have a closed form, by mean squares: Clark 1973, Journal of Verbal Learning and Verbal Behavior
12 (the quasi-F of language materials); Judd, Westfall & Kenny 2012, Journal of Personality and Social Psychology 103.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations in points: between participants, between films, and of the rest."""

    participants: float
    films: float
    rest: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its confidence interval, the interval's degrees of freedom, and the spread."""

    mean: float
    low: float
    high: float
    freedom: float
    spread: Spread


@dataclass(frozen=True, slots=True)
class _Squares:
    """Mean squares of participants, films and rest; ``count`` participants by films."""

    participants: float
    films: float
    rest: float
    count: tuple[int, int]


def estimate(ratings: Floats) -> Estimate:
    """The mean over participants and films; ratings [P, F], P at least 2.

    With one film the interval is for that film alone: nothing can be known of others.
    """
    from scipy.stats import t

    squares = _mean_squares(ratings)
    variance, freedom = _variance(squares)
    half = float(t.ppf(0.5 + CONFIDENCE / 2, freedom)) * math.sqrt(variance)
    people, films = squares.count
    spread = Spread(
        _root((squares.participants - squares.rest) / films),
        _root((squares.films - squares.rest) / people),
        _root(squares.rest),
    )
    mean = float(ratings.mean())
    return Estimate(mean, mean - half, mean + half, freedom, spread)


def _mean_squares(ratings: Floats) -> _Squares:
    people, films = ratings.shape
    mean, by_person, by_film = ratings.mean(), ratings.mean(axis=1), ratings.mean(axis=0)
    rest = ratings - by_person[:, None] - by_film[None, :] + mean
    return _Squares(
        films * float(((by_person - mean) ** 2).sum()) / (people - 1),
        people * float(((by_film - mean) ** 2).sum()) / (films - 1) if films > 1 else 0.0,
        float((rest**2).sum()) / ((people - 1) * (films - 1)) if films > 1 else 0.0,
        (people, films),
    )


def _variance(squares: _Squares) -> tuple[float, float]:
    """Of the mean, with Satterthwaite's degrees of freedom.

    Chance alone makes the variance less than the participants' or the films' by themselves, or the degrees of freedom
    fewer than the rarer of the two has: neither is believed, so that with few films the interval is rather too wide.
    """
    people, films = squares.count
    if films == 1:
        return squares.participants / people, people - 1.0
    total = max(squares.participants + squares.films - squares.rest, squares.participants, squares.films)
    fewest = min(people, films) - 1.0
    if total == 0:
        return 0.0, fewest
    parts = (
        squares.participants**2 / (people - 1),
        squares.films**2 / (films - 1),
        squares.rest**2 / ((people - 1) * (films - 1)),
    )
    return total / (people * films), max(total**2 / sum(parts), fewest)


def _root(variance: float) -> float:
    return math.sqrt(max(0.0, variance))


def effect_size(system: Floats, reference: Floats) -> float | None:
    """Cohen's d of single ratings: the mean difference over their pooled standard deviation; None if that is 0."""
    spread = math.sqrt((float(system.var(ddof=1)) + float(reference.var(ddof=1))) / 2)
    return float((system - reference).mean()) / spread if spread else None


def consistency(ratings: Floats) -> tuple[float | None, float | None]:
    """How far participants agree on what is better, of one participant and of the mean of all; ratings [P, S].

    ICC(3,1) and ICC(3,k) of Shrout & Fleiss 1979, Psychological Bulletin 86; the second is Cronbach's alpha.
    None where no stimulus differs from another.
    """
    squares = _mean_squares(ratings)
    people = squares.count[0]
    between = squares.films - squares.rest
    if squares.films <= 0:
        return None, None
    return between / (squares.films + (people - 1) * squares.rest), between / squares.films


def power(difference: float, *, listeners: int, films: int, spread: Spread) -> float:
    """The probability that the interval of a true ``difference`` leaves out 0.

    Args:
        spread: of the paired differences.
    """
    from scipy.stats import nct, t

    rest = spread.rest**2
    squares = _Squares(
        rest + films * spread.participants**2, rest + listeners * spread.films**2, rest, (listeners, films)
    )
    variance, freedom = _variance(squares)
    edge, shift = float(t.ppf(0.5 + CONFIDENCE / 2, freedom)), abs(difference) / math.sqrt(variance)
    return float(nct.sf(edge, freedom, shift) + nct.cdf(-edge, freedom, shift))


def listeners_needed(
    difference: float, *, films: int, spread: Spread, wanted: float = 0.8, most: int = 200
) -> int | None:
    """The fewest listeners with whom ``power`` is as ``wanted``; None if ``most`` are too few.

    More listeners do not make up for too few films.
    """
    for listeners in range(2, most + 1):
        if power(difference, listeners=listeners, films=films, spread=spread) >= wanted:
            return listeners
    return None
