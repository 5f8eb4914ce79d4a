"""Estimate: slow estimators of the mood beside the performance, as often as the machine affords; nobody waits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.channel import Latest
from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.core.state import Board, EstimatorState
from stream_v2m.core.values import SMALL_HEIGHT, SMALL_WIDTH, Frame
from stream_v2m.core.worker import Worker
from stream_v2m.inference.clip import ClipEncoder
from stream_v2m.inference.clip_files import find_clip
from stream_v2m.inference.providers import short_of
from stream_v2m.stages.observe import Look
from stream_v2m.vision.affect import (
    COLOR,
    TOGETHER,
    AffectConfig,
    AffectEstimator,
    EstimatorInfo,
    Measures,
    parse_estimators,
)
from stream_v2m.vision.clip_affect import ClipAffect
from stream_v2m.vision.color import Color
from stream_v2m.vision.mood import Mood

COST_MEMORY = 0.3  # how much the newest cost counts in the smoothed one
ROUNDING = 1e-6  # seconds; a frame may come this much before the moment that it is due


def find_estimator(name: str) -> Path | None:
    """The file of an estimator's model; None for one that needs none.

    Raises:
        ConfigError: there is no such model.
    """
    kind, _, model = name.partition(":")
    return None if kind == COLOR else find_clip(model or None)


def open_estimator(name: str, *, provider: str, threads: int, strict: bool) -> AffectEstimator:
    """A slow estimator by its name; takes seconds where its model is large.

    Args:
        strict: refuse to run on another provider than was asked for.

    Raises:
        ConfigError, ModelContractError: there is no such model, it is broken, or its provider is not to be had.
    """
    path = find_estimator(name)
    assert path is not None, name
    encoder = ClipEncoder.open(path, provider=provider, threads=threads)
    warning = short_of(name, provider, encoder.provider)
    if strict and warning is not None:
        raise warning
    card = encoder.info
    model = f"{card.model} {card.pretrained}"
    info = EstimatorInfo(name, model, card.weights, encoder.provider, card.semantics, str(warning or ""))
    return ClipAffect(info, encoder, card.input_size)


@dataclass(slots=True)
class _Slow:
    """A slow estimator at work: when it is asked next, and what it costs, both in seconds."""

    estimator: AffectEstimator
    due: float = -math.inf
    cost: float = 0.0


class Estimation:
    """Asks slow estimators about the newest frame, one after the other, in a worker of their own.

    Each is asked at most ``rate_hz`` times a second, and so rarely that all together take ``share`` of a core; what
    they cost is measured before the first frame and followed from then on. By a virtual clock they cost nothing: each
    is asked at the first frame of every 1 / ``rate_hz`` seconds, in place.

    Args:
        open: makes an estimator by its name; may take seconds, and raises ``StreamV2MError``.
        find: raises ``ConfigError`` where there is no estimator of a name.
    """

    def __init__(
        self, config: AffectConfig, open: Callable[[str], AffectEstimator], find: Callable[[str], object]
    ) -> None:
        self._config, self._open, self._find = config, open, find
        self._wanted = parse_estimators(config.estimator)
        self._slow = {name: _Slow(open(name)) for name in self._wanted if name != COLOR}
        self.mood = Mood(config, self._wanted)

    @classmethod
    def of_models(cls, config: AffectConfig, provider: str, *, strict: bool) -> Estimation:
        """With estimators on an execution provider as ``open_estimator`` opens them.

        Raises:
            ConfigError, ModelContractError: one that is listened to first cannot be opened.
        """
        opener = partial(open_estimator, provider=provider, threads=config.threads, strict=strict)
        return cls(config, opener, find_estimator)

    @property
    def states(self) -> tuple[EstimatorState, ...]:
        """Who is listened to, for the board."""
        return tuple(self._state(name) for name in self.mood.listening)

    def check(self, estimator: str) -> None:
        """Whether ``choose`` would find these.

        Raises:
            ConfigError: there is no such estimator.
        """
        for name in parse_estimators(estimator):
            self._find(name)

    def choose(self, estimator: str) -> None:
        """Listen to others, as soon as they are open; until then those before are heard."""
        self._wanted = parse_estimators(estimator)

    async def run(self, looks: Latest[Look], *, worker: Worker, clock: Clock, board: Board) -> None:
        """Estimate until ``looks`` is closed.

        An estimator that cannot be opened changes nothing but a notice; one that fails is asked no more, and what it
        said last grows stale.
        """
        for slow in self._slow.values():
            await self._warm(slow, worker, clock, board)
        async for look in looks:
            if self._wanted != self.mood.listening:
                await self._change(worker, clock, board)
            due = [slow for slow in self._slow.values() if look.frame.time >= slow.due - ROUNDING]
            if not due:
                continue
            slow = min(due, key=lambda slow: slow.due)
            name = slow.estimator.info.name
            began = clock.now()
            try:
                self.mood.hear(name, await worker.run(slow.estimator.estimate, look.frame, look.measures))
            except StreamV2MError as error:
                del self._slow[name]
                board.notice(f"the estimator {name} has failed: {error}")
                continue
            slow.cost += COST_MEMORY * (clock.now() - began - slow.cost)
            period, late = self._period(slow), look.frame.time - slow.due
            slow.due = (slow.due if late < period / 2 else look.frame.time) + period
            board.update(estimators=tuple(self._costed(state) for state in board.state.estimators))

    async def _change(self, worker: Worker, clock: Clock, board: Board) -> None:
        wanted = self._wanted
        try:
            for name in wanted:
                if name != COLOR and name not in self._slow:
                    slow = _Slow(await worker.run(self._open, name))
                    await self._warm(slow, worker, clock, board)
                    self._slow[name] = slow
        except StreamV2MError as error:
            board.notice(f"the mood is still by {TOGETHER.join(self.mood.listening)}: {error}")
            self._wanted = self.mood.listening if self._wanted == wanted else self._wanted
            return
        self.mood.listen(wanted)
        self._slow = {name: slow for name, slow in self._slow.items() if name in wanted}
        board.update(estimator=TOGETHER.join(wanted), estimators=self.states)

    async def _warm(self, slow: _Slow, worker: Worker, clock: Clock, board: Board) -> None:
        """Measure what it costs, once its buffers are there; pass on what there is to say of it."""
        if slow.estimator.info.warning:
            board.notice(slow.estimator.info.warning)
        for _ in range(2):
            began = clock.now()
            await worker.run(slow.estimator.estimate, _BLANK, _NOTHING)
            slow.cost = clock.now() - began

    def _period(self, slow: _Slow) -> float:
        """Seconds between two questions: within its share of time, but often enough to be believed meanwhile."""
        config = self._config
        affordable = max(1 / config.rate_hz, slow.cost * config.threads * len(self._slow) / config.share)
        return min(affordable, config.stale_s / 2)

    def _state(self, name: str) -> EstimatorState:
        if name not in self._slow:
            return EstimatorState(name)
        info = self._slow[name].estimator.info
        return self._costed(EstimatorState(name, info.model, info.precision, info.provider, info.semantics))

    def _costed(self, state: EstimatorState) -> EstimatorState:
        slow = self._slow.get(state.name)
        if slow is None:
            return replace(state, rate_hz=0.0, cost_ms=0.0)
        return replace(state, rate_hz=1 / self._period(slow), cost_ms=slow.cost * 1000)


def _nothing(width: int, height: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


_BLANK = Frame(0.0, np.zeros((3, SMALL_HEIGHT, SMALL_WIDTH), np.uint8), _nothing)
_NOTHING = Measures(0.0, Color(0.0, 0.0, 0.0, 0.0), 0.0, 0.0)
