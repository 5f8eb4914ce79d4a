"""One step of music: the AMT's chord and the GRU's dynamics from one window of picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stream_v2m.core.chords import Chord
from stream_v2m.core.controls import Controls
from stream_v2m.core.features import SCENE_OFFSET, Condition
from stream_v2m.core.values import Dynamics, FeatureWindow
from stream_v2m.inference.contract import StepInput
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel, DynamicsState
from stream_v2m.inference.guidance import GuidedDecoder
from stream_v2m.inference.sampling import Sampler, SamplerConfig, SamplerState

_ROUNDING = 1e-3  # seconds: scene offsets are kept in float32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step lies: its duration in seconds, and its onset in bars from the first chord."""

    step_duration: float
    bars: float

    @property
    def bar_position(self) -> float:
        """Its onset as a fraction of the bar."""
        return self.bars % 1.0


@dataclass(slots=True)
class _Memory:
    """What dynamics, cuts and harmony remember beside the decoder; the sampler's state begins with the first step."""

    dynamics: DynamicsState
    cuts: CutWatch
    sampler: SamplerState | None = None

    def copy(self) -> _Memory:
        """An independent one that goes on from here."""
        sampler = None if self.sampler is None else self.sampler.copy()
        return _Memory(self.dynamics.copy(), self.cuts.copy(), sampler)


class Composer:
    """The two models and the sampler, with their memory between steps.

    The key is chosen at the first step, from what was seen until then.
    """

    def __init__(self, decoder: Decoder, dynamics: DynamicsModel, sampler: Sampler) -> None:
        self._decoder, self._dynamics, self._sampler = GuidedDecoder(decoder), dynamics, sampler
        self._memory = _Memory(dynamics.start(), CutWatch())
        self._before = self._memory.copy()

    @classmethod
    def open(
        cls, amt: Path | None, dynamics: Path | None, sampler: SamplerConfig, provider: str, threads: int
    ) -> Composer:
        """With the models in these files, or those that come with the package.

        Raises:
            ConfigError, ModelContractError: a model cannot be opened.
        """
        decoder = Decoder.open(amt, provider=provider, threads=threads)
        return cls(decoder, DynamicsModel.open(dynamics, provider=provider, threads=threads), Sampler(sampler))

    @property
    def provider(self) -> str:
        """What really runs the models."""
        return self._decoder.provider

    @property
    def providers(self) -> dict[str, str]:
        """What really runs each model."""
        return {"amt": self._decoder.provider, "dynamics": self._dynamics.provider}

    def step(self, window: FeatureWindow, place: Place, controls: Controls) -> tuple[Chord, Dynamics]:
        """Choose the chord of the next step, then its dynamics; the memory moves on by one step.

        Raises:
            ModelContractError: the window's schema is not the graphs'.
        """
        self._before = self._memory.copy()
        return self._step(window, place, controls)

    def revise(self, window: FeatureWindow, place: Place, controls: Controls) -> tuple[Chord, Dynamics]:
        """Choose the last step anew, as if it had not been chosen yet; with the same window the same comes of it."""
        self._memory = self._before.copy()
        self._decoder.undo()
        return self._step(window, place, controls)

    def _step(self, window: FeatureWindow, place: Place, controls: Controls) -> tuple[Chord, Dynamics]:
        sampler, memory = self._sampler, self._memory
        state = memory.sampler
        if state is None:
            state = memory.sampler = sampler.start(controls, window.affect)
        sampler.travel(state, bars=place.bars, seconds=place.step_duration, affect=window.affect, controls=controls)
        present = window.present.copy()
        present[[Condition.KEY, Condition.STEP_DURATION, Condition.BAR_POSITION]] = True
        inputs = StepInput(
            previous=sampler.previous_label(state),
            features=window.features,
            present=present,
            mode=state.key.mode,
            step_duration=place.step_duration,
            bar_position=place.bar_position,
        )
        logits = self._decoder.step(inputs, controls.guidance)
        chord = sampler.choose(
            logits,
            state,
            affect=window.affect,
            controls=controls,
            bar_position=place.bar_position,
            cut=memory.cuts.happened(window),
        )
        label = sampler.previous_label(state)
        assert label is not None
        loudness, density = self._dynamics.step([inputs], [label], memory.dynamics)[0]
        return chord, Dynamics(float(loudness), float(density))

    def cadence(self) -> list[Chord]:
        """The chords to end on; none before the first step."""
        return [] if self._memory.sampler is None else self._sampler.cadence(self._memory.sampler)


class CutWatch:
    """Tells from window to window whether a cut was confirmed; windows in which nothing was seen are passed over."""

    def __init__(self, last: tuple[float, float] | None = None) -> None:
        self._last = last  # the last window's time and scene offset

    def copy(self) -> CutWatch:
        """An independent one that goes on from here."""
        return CutWatch(self._last)

    def happened(self, window: FeatureWindow) -> bool:
        """Whether the scene of ``window`` began since the last window, or just before it and was not known yet."""
        if not window.present[Condition.SCENE_OFFSET]:
            return False
        offset, last = float(window.features[SCENE_OFFSET]), self._last
        self._last = window.time, offset
        return last is not None and offset < max(window.time - last[0], last[1]) - _ROUNDING
