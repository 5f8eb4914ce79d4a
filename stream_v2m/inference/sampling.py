"""The sampler: from the model's logits to the chord that sounds, steered by mood, metre and the player's hand."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, field_validator

from stream_v2m.core.chords import NO_CHORD, VOCABULARY, Chord, Key
from stream_v2m.core.commands import Controls
from stream_v2m.core.errors import ModelContractError
from stream_v2m.core.scales import ScaleName, in_scale
from stream_v2m.core.values import Affect
from stream_v2m.inference import keys, modulation, steering
from stream_v2m.inference.contract import LOGITS
from stream_v2m.inference.drawing import draw, log_sum, nucleus, one_hot

AUTO = "auto"
_CLOSING = 2  # steps after a cut: to what leads home, and home
_GREEDY_BELOW = 1e-3  # a temperature under this takes the likeliest chord


class SamplerConfig(BaseModel, frozen=True, extra="forbid"):
    """How chords are chosen from what the model finds likely."""

    top_p: float = Field(0.95, gt=0, le=1, description="a change goes to the likeliest chords that hold this share")
    max_repeats: int = Field(8, ge=1, description="steps on one chord before it must change")
    key: str = Field(AUTO, description="the performance's own key, as 'Eb minor'; auto: from the first seconds' mood")
    primer: str | None = Field(None, description="first chord, as 'C:maj7'; the tonic where the key is automatic")
    rest_below: float = Field(-1.0, ge=-1, le=1, description="'no chord' may come where arousal is below; -1: never")
    emotion_weight: float = Field(8.0, ge=0, le=16, description="nats that a sure emotion lifts its qualities by")
    valence_weight: float = Field(1.0, ge=0, le=4, description="nats between neutral and valence 1, on the major side")
    arousal_weight: float = Field(1.0, ge=0, le=4, description="nats between neutral and arousal 1, on changing")
    metre_weight: float = Field(
        0.5, ge=0, le=2, description="what is added to the model's own metre; 1: POP909's, for one that has none"
    )
    variety_weight: float = Field(
        1.0,
        ge=0,
        le=4,
        description="nats against each visit that makes a loop too short, each round that makes it too long",
    )
    cadence_weight: float = Field(4.0, ge=0, le=8, description="nats that a cut lifts its cadence by, at full strength")
    key_change_min: float | None = Field(
        None, ge=2, le=120, description="minutes after which the own key may change to a neighbour; never if not given"
    )

    @field_validator("key")
    @classmethod
    def _known_key(cls, text: str) -> str:
        return text if text == AUTO else str(Key.parse(text))

    @field_validator("primer")
    @classmethod
    def _known_primer(cls, text: str | None) -> str | None:
        if text is not None and Chord.parse(text).root is None:
            raise ValueError("'no chord' is no primer")
        return text


@dataclass(slots=True)
class SamplerState:
    """One performance's harmony so far.

    Attributes:
        seed: the one that ``rng`` was begun with.
        home: the performance's own key, kept while the harmony is locked to another.
        key: the one that the model's labels stand in now.
        scale: the one that the harmony is kept to now, if any.
        previous: what sounds, at sounding pitch.
        repeats: steps that it has sounded, those on hold not counted.
        bar_position: of the last step, as a fraction of the bar.
        visited: the chords that the last 256 changes went to.
        closing: steps in which the cadence that a cut asked for may still come.
        journey: how the own key has moved.
    """

    rng: np.random.Generator
    seed: int
    home: Key
    key: Key
    scale: ScaleName | None = None
    previous: Chord | None = None
    repeats: int = 0
    bar_position: float | None = None
    visited: tuple[Chord, ...] = ()
    closing: int = 0
    journey: modulation.Journey = field(default_factory=modulation.Journey)

    def copy(self) -> SamplerState:
        """An independent state that will go on alike."""
        return replace(self, rng=copy.deepcopy(self.rng), journey=replace(self.journey))


class Sampler:
    """Chooses one chord a step. Pure: all that changes is in the state.

    The model's own probabilities are parted in two: whether the chord changes, and where a change goes. Arousal and
    metre weigh on the first, emotion and valence on the second; so steering a quality neither freezes nor hurries
    the harmony, and since a change goes only to chords that the model itself finds likely (``top_p``), it stays in
    its style. A cut weighs on both, for two steps.
    """

    def __init__(self, config: SamplerConfig) -> None:
        self.config = config
        self._primer = None if config.primer is None else Chord.parse(config.primer)

    def start(self, controls: Controls, affect: Affect | None) -> SamplerState:
        """Before the first step; ``affect`` is the mood of the first seconds, which has its say in an automatic key."""
        if self.config.key != AUTO:
            home = Key.parse(self.config.key)
        elif self._primer is not None:
            home = keys.key_of_tonic(self._primer)
        else:
            home = keys.own_key(controls.seed, affect if controls.affect_strength > 0 else None)
        key = in_scale(controls.key or home, controls.scale)
        return SamplerState(np.random.default_rng(controls.seed), controls.seed, home, key)

    def previous_label(self, state: SamplerState) -> int | None:
        """What the decoder is to be fed: the chord that really sounded, as a label 0…156 in the model's key."""
        return None if state.previous is None else state.previous.transposed(-state.key.shift).index

    def travel(
        self, state: SamplerState, *, bars: float, seconds: float, affect: Affect | None, controls: Controls
    ) -> None:
        """Let the performance's own key move on if it is time to; to be told of each step before it is chosen.

        Args:
            bars: where the step begins, in bars from the first chord.
            seconds: the step's duration.
        """
        minutes = self.config.key_change_min
        if minutes is None or controls.hold or _locked(controls):
            return
        state.home = modulation.travel(
            state.journey,
            state.home,
            bars=bars,
            seconds=seconds,
            affect=affect if controls.affect_strength > 0 else None,
            after_s=60 * minutes,
            seed=controls.seed,
        )

    def choose(
        self,
        logits: NDArray[np.float32],
        state: SamplerState,
        *,
        affect: Affect | None,
        controls: Controls,
        bar_position: float,
        cut: bool = False,
    ) -> Chord:
        """The next chord at sounding pitch, with its key; ``state`` goes on.

        Args:
            logits: [159], in the model's key, after ``previous_label(state)`` was fed.
            bar_position: of the chord's onset, as a fraction of the bar.
            cut: the picture was cut since the last step; how much that counts is ``controls.cut_cadence``.

        Raises:
            ModelContractError: logits of another shape, or not finite.
        """
        if controls.seed != state.seed:
            state.seed, state.rng = controls.seed, np.random.default_rng(controls.seed)
        key, previous = _key(state, controls), state.previous
        state.scale = controls.scale
        if controls.hold and previous is not None:
            state.previous, state.key, state.bar_position = replace(previous, key=key), key, bar_position
            return state.previous
        if cut:
            state.closing = _CLOSING
        if previous is None and self._primer is not None and self._fits(self._primer, controls):
            chord = replace(self._primer, key=key)
        else:
            probabilities = self.probabilities(
                logits, state, affect=affect, controls=controls, bar_position=bar_position
            )
            # drawn by the model's labels, so that one seed gives the same music in every key
            label = draw(keys.transposed(probabilities, -state.key.shift), state.rng)
            chord = replace(Chord.from_index(label).transposed(state.key.shift), key=key)
        if previous is not None and chord.index == previous.index:
            state.repeats += 1
        else:
            state.repeats, state.visited = 1, (*state.visited, chord)[-steering.MEMORY :]
        state.closing = 0 if keys.ends(key, previous, chord, state.scale) else max(0, state.closing - 1)
        state.journey.left = 0 if _locked(controls) else max(0, state.journey.left - 1)
        state.previous, state.key, state.bar_position = chord, key, bar_position
        return chord

    def probabilities(
        self,
        logits: NDArray[np.float32],
        state: SamplerState,
        *,
        affect: Affect | None,
        controls: Controls,
        bar_position: float,
    ) -> NDArray[np.float64]:
        """What ``choose`` draws from where nothing is held: float64 [157], by label at sounding pitch."""
        if logits.shape != (LOGITS,):
            raise ModelContractError("logits have the wrong shape", got=logits.shape, expected=(LOGITS,))
        if not np.isfinite(logits).all():
            raise ModelContractError("logits are not finite", cure="export the model again with `python -m export`")
        greedy = controls.temperature < _GREEDY_BELOW
        scores = logits[:VOCABULARY].astype(np.float64) / (1.0 if greedy else controls.temperature)
        scores = np.where(self._allowed(state, affect, controls), keys.transposed(scores, state.key.shift), -np.inf)
        steered = affect if controls.affect_strength > 0 else None

        stay = None if state.previous is None else state.previous.index
        staying = -np.inf if stay is None else scores[stay]
        if stay is not None:
            scores[stay] = -np.inf
        changing = log_sum(scores)
        if state.repeats >= self.config.max_repeats:
            staying = -np.inf
        changing += self._change_weight(state, steered, controls, bar_position)
        total = np.logaddexp(staying, changing)

        if self.config.variety_weight > 0:
            surplus = steering.surplus_visits(state.visited) + steering.surplus_rounds(state.visited)
            scores -= self.config.variety_weight * surplus
        result = nucleus(np.exp(scores - scores.max()), self.config.top_p)
        result *= np.exp(self._destination_weights(state, steered, controls))
        result *= np.exp(changing - total) / result.sum()
        if stay is not None:
            result[stay] = np.exp(staying - total)
        return one_hot(result) if greedy else result

    def cadence(self, state: SamplerState) -> list[Chord]:
        """Two chords that bring the music to its end, in the key that sounds."""
        return keys.cadence(state.key, state.previous, state.scale)

    def _fits(self, chord: Chord, controls: Controls) -> bool:
        if controls.key is None:
            return controls.scale is None
        return bool(keys.diatonic(controls.key, controls.scale)[chord.index])

    def _allowed(self, state: SamplerState, affect: Affect | None, controls: Controls) -> keys.Mask:
        """Labels that may sound [157], at sounding pitch."""
        key = _key(state, controls)
        if state.previous is None:
            return keys.opening(key, controls.scale)
        locked = _locked(controls)
        if state.journey.left and not locked:
            return modulation.passage(state.journey.left, state.key, key)
        allowed = keys.diatonic(key, controls.scale).copy() if locked else np.ones(VOCABULARY, bool)
        allowed[NO_CHORD] = affect is not None and affect.arousal < self.config.rest_below
        return allowed

    def _change_weight(
        self, state: SamplerState, affect: Affect | None, controls: Controls, bar_position: float
    ) -> float:
        """Log-odds on a change, against what the model finds."""
        weight = self._cadence_weight(state, controls)
        if affect is not None:
            weight += controls.affect_strength * self.config.arousal_weight * affect.arousal
        if state.bar_position is not None:
            step = (bar_position - state.bar_position) % 1.0
            weight += self.config.metre_weight * steering.place_log_odds(bar_position, step)
        return weight

    def _destination_weights(
        self, state: SamplerState, affect: Affect | None, controls: Controls
    ) -> NDArray[np.float64]:
        """Log-weights [157] on where a change goes."""
        key = _key(state, controls)
        weights = np.zeros(VOCABULARY)
        if affect is not None:
            weights += steering.destination_weights(
                affect,
                key,
                state.previous,
                emotion=controls.affect_strength * self.config.emotion_weight,
                valence=controls.affect_strength * self.config.valence_weight,
            )
        return weights + self._cadence_weight(state, controls) * keys.closing(key, state.previous, controls.scale)

    def _cadence_weight(self, state: SamplerState, controls: Controls) -> float:
        """Nats for the cadence that a cut asked for."""
        return controls.cut_cadence * self.config.cadence_weight if state.closing else 0.0


def _key(state: SamplerState, controls: Controls) -> Key:
    """The key that the next chord stands in."""
    return in_scale(controls.key or state.home, controls.scale)


def _locked(controls: Controls) -> bool:
    """Whether the player, not the performance, says which notes the harmony has."""
    return controls.key is not None or controls.scale is not None
