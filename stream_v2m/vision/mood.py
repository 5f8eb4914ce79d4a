"""The mood: what the estimators that are listened to say together, smoothed; absent where nobody knows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.values import Affect
from stream_v2m.vision.affect import AffectConfig, Estimate
from stream_v2m.vision.plane import logarithms, softmax

_SCENE_SHARE = 0.5  # memory reaches back over this share of a scene at most
_INSTANT = 1e-6  # seconds that a scene has lasted at least
_LEAST_CONFIDENCE = 1e-3  # so that who speaks alone is heard, however unsure


@dataclass(frozen=True, slots=True)
class Voice:
    """One estimator's part in the mood: its share 0–1, its confidence, and how old in seconds what it said is."""

    name: str
    share: float
    confidence: float
    age: float


@dataclass(frozen=True, slots=True, eq=False)
class Feeling:
    """The mood at one moment: None where nobody knows; semantics float32 [384] of the newest estimate that has them."""

    affect: Affect | None
    semantics: NDArray[np.float32] | None
    voices: tuple[Voice, ...]


class Mood:
    """Keeps the newest estimate of each estimator, and pools those that are listened to.

    The six probabilities are a logarithmic opinion pool, weighted by confidence (Genest & Zidek 1986): estimators that
    agree are as sure together as alone, and one that is sure outweighs one that is not. Valence and arousal are the
    mean with the same weights, which is the same pool of the points' Gaussians.

    Time is pooled in the same way, with an exponential memory of ``smoothing_s``. So a new estimate, an estimator that
    falls silent, and other estimators to listen to change the mood by no more than 1 / ``smoothing_s`` of the
    difference a second. Where a scene begins, memory begins anew, and grows with the scene: half as long as it lasts.

    ``hear`` and ``listen`` may be called while another thread calls ``feel``.
    """

    def __init__(self, config: AffectConfig, listening: Sequence[str]) -> None:
        self._config = config
        self._listening = self._speaking = tuple(listening)
        self._heard: dict[str, Estimate] = {}
        self._felt: list[float] | None = None

    @property
    def listening(self) -> tuple[str, ...]:
        """Whom the music listens to."""
        return self._listening

    def listen(self, names: Sequence[str]) -> None:
        """Listen to others from now on; until one of them has spoken those before are heard."""
        self._listening = tuple(names)

    def hear(self, name: str, estimate: Estimate) -> None:
        """Take the newest estimate of one estimator."""
        self._heard[name] = estimate

    def feel(self, now: float, elapsed: float, *, scene: float = math.inf) -> Feeling:
        """The mood at capture time ``now``, ``elapsed`` seconds after the last time, ``scene`` seconds into a scene."""
        heard = {name: said for name, said in self._heard.copy().items() if now - said.time <= self._config.stale_s}
        listening = tuple(name for name in self._listening if name in heard)
        if listening:
            self._speaking = listening
        said = {name: heard[name] for name in self._speaking if name in heard}
        if not said:
            self._felt = None
            return Feeling(None, None, ())
        weights = [max(_LEAST_CONFIDENCE, estimate.confidence) for estimate in said.values()]
        shares = [weight / sum(weights) for weight in weights]
        opinions = zip(*(_opinion(estimate.affect) for estimate in said.values()), strict=True)
        pooled = [sum(map(mul, shares, each)) for each in opinions]
        memory = min(self._config.smoothing_s, max(elapsed, scene, _INSTANT) * _SCENE_SHARE)
        follow = -math.expm1(-elapsed / memory)
        self._felt = [felt + (new - felt) * follow for felt, new in zip(self._felt or pooled, pooled, strict=True)]
        valence, arousal, *logs = self._felt
        meanings = [estimate for estimate in said.values() if estimate.semantics is not None]
        return Feeling(
            Affect(softmax(logs), valence, arousal),
            max(meanings, key=lambda estimate: estimate.time).semantics if meanings else None,
            tuple(
                Voice(name, share, estimate.confidence, now - estimate.time)
                for (name, estimate), share in zip(said.items(), shares, strict=True)
            ),
        )


def _opinion(affect: Affect) -> list[float]:
    """Valence, arousal and log-probabilities: what may be averaged."""
    return [affect.valence, affect.arousal, *logarithms(affect.probabilities)]
