"""Predictions for whole songs from an ONNX file, step by step, or from a checkpoint, at once."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from models.amt import Amt
from models.baselines import paper_task
from models.baselines.paper import PaperAmt
from models.batches import stack
from models.checkpoint import Checkpoint
from models.data.views import Sequence
from models.dynamics import Dynamics
from models.metrics.protocol import Floats
from stream_v2m.core.chords import VOCABULARY
from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference.contract import START, StepInput
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel


class Predictor(Protocol):
    """What evaluation asks of a pair of models."""

    def chords(self, sequences: list[Sequence]) -> list[Floats]:
        """Logits [T, 159] of each sequence."""

    def dynamics(self, sequences: list[Sequence], *, chords_known: bool = True) -> list[Floats]:
        """Loudness and density [T, 2] of each sequence, given its own chords or none."""


def choose(amt: Path | None, dynamics: Path | None) -> Predictor:
    """Checkpoints if both paths are .pt files, else ONNX files; None is the shipped one."""
    if amt is not None and dynamics is not None and {amt.suffix, dynamics.suffix} == {".pt"}:
        return CheckpointPredictor(amt, dynamics)
    return OnnxPredictor(amt, dynamics)


class CheckpointPredictor:
    """Full-sequence torch."""

    def __init__(self, amt: Path, dynamics: Path) -> None:
        self._amt, self._dynamics = Checkpoint.load(amt).model(), Checkpoint.load(dynamics).model()

    def chords(self, sequences: list[Sequence]) -> list[Floats]:
        """See ``Predictor``."""
        assert isinstance(self._amt, Amt)
        found = []
        for sequence in sequences:
            batch = stack([sequence])
            with torch.inference_mode():
                found.append(self._amt(batch.previous, batch.conditions)[0].numpy())
        return found

    def dynamics(self, sequences: list[Sequence], *, chords_known: bool = True) -> list[Floats]:
        """See ``Predictor``."""
        model = self._dynamics
        assert isinstance(model, Dynamics)
        found = []
        for sequence in sequences:
            batch = stack([sequence])
            with torch.inference_mode():
                chord = batch.target.clamp(max=VOCABULARY - 1) if chords_known else torch.full_like(batch.target, START)
                standard, _ = model(chord, batch.conditions)
                found.append(model.to_units(standard)[0].numpy())
        return found


class PaperPredictor:
    """The published model's chords; it sees the whole sequence's picture."""

    def __init__(self, path: Path) -> None:
        model = Checkpoint.load(path).model()
        if not isinstance(model, PaperAmt):
            raise ModelContractError(
                "not the published model", where=path, cure="train it with configs/train/paper.toml"
            )
        self._model = model

    def chords(self, sequences: list[Sequence]) -> list[Floats]:
        """Logits [T, 159] of each sequence, all zeros in row 0, whose chord is given."""
        with torch.inference_mode():
            return [paper_task.predict(self._model, stack([sequence]))[0].numpy() for sequence in sequences]


class OnnxPredictor:
    """The product's own runtime, all songs as one batch of sessions."""

    def __init__(self, amt: Path | None, dynamics: Path | None) -> None:
        self._amt, self._dynamics = Decoder.open(amt), DynamicsModel.open(dynamics)

    def chords(self, sequences: list[Sequence]) -> list[Floats]:
        """See ``Predictor``."""
        state = self._amt.start(len(sequences))
        longest = max(len(x.target) for x in sequences)
        steps = [self._amt.step([to_step(x, t) for x in sequences], state) for t in range(longest)]
        return [np.stack([step[i] for step in steps[: len(x.target)]]) for i, x in enumerate(sequences)]

    def dynamics(self, sequences: list[Sequence], *, chords_known: bool = True) -> list[Floats]:
        """See ``Predictor``."""
        state = self._dynamics.start(len(sequences))
        longest = max(len(x.target) for x in sequences)
        steps = []
        for t in range(longest):
            chords = [_chord(x, t) if chords_known else START for x in sequences]
            steps.append(self._dynamics.step([to_step(x, t) for x in sequences], chords, state))
        return [np.stack([step[i] for step in steps[: len(x.target)]]) for i, x in enumerate(sequences)]


def _chord(sequence: Sequence, t: int) -> int:
    """The chord of step ``t`` itself; after the song's end any will do."""
    return min(int(sequence.target[min(t, len(sequence.target) - 1)]), VOCABULARY - 1)


def to_step(sequence: Sequence, t: int) -> StepInput:
    """Step ``t`` of a sequence (its last one after the end) as the product's input."""
    t = min(t, len(sequence.target) - 1)
    previous = int(sequence.previous[t])
    return StepInput(
        previous=None if previous == START else previous,
        features=sequence.features[t],
        present=sequence.present[t].astype(np.bool_),
        mode="minor" if sequence.mode else "major",
        step_duration=float(sequence.duration[t]),
        bar_position=float(sequence.bar[t]),
    )
