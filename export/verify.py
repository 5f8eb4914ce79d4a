"""The proof that a checkpoint and its ONNX file are the same model, and that neither sees the future."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.amt import START, Amt
from models.conditions import Conditions
from models.dynamics import Dynamics
from stream_v2m.core.chords import VOCABULARY
from stream_v2m.core.errors import ModelContractError
from stream_v2m.core.features import CONDITIONS, EMOTION, FEATURE_SIZE, MOTION, SCENE_OFFSET
from stream_v2m.inference.contract import PAD, StepInput
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel

# Greatest difference of logits (within ±20) between float32 computations in different orders of summation.
LOGIT_TOLERANCE = 2e-4
# Greatest difference of logits that weights in int8 may make over made-up inputs, which are far from any song; more is
# a mistake. Whether int8 is good enough is told by the figures on the val split.
INT8_TOLERANCE = 1.0
# The same as LOGIT_TOLERANCE for loudness and density, as a share of their ranges in the data (0.573 and 42).
LEVEL_TOLERANCE = 1e-4
_LEVEL_RANGE = np.array([0.573, 42.0])
_WINDOWS = 3


@dataclass(frozen=True)
class Parity:
    """Greatest absolute differences of one model's three forms over ``steps`` steps."""

    steps: int
    torch_step: float
    onnx_step: float

    def check(self, tolerance: float, path: Path) -> None:
        """Raise a ModelContractError when a form differs by more than ``tolerance``."""
        check(max(self.torch_step, self.onnx_step), tolerance, path)


def check(worst: float, tolerance: float, path: Path) -> None:
    """Raise a ModelContractError when ``path``'s greatest difference is more than ``tolerance``."""
    if not worst <= tolerance:
        raise ModelContractError("the export is not the model", where=path, got=worst, expected=f"≤ {tolerance}")


def random_steps(count: int, seed: int) -> tuple[NDArray[np.int64], list[StepInput]]:
    """``count`` steps of plausible inputs in data units, conditions present at random, and the chords chosen."""
    rng = np.random.default_rng(seed)
    chords = rng.integers(0, VOCABULARY, count)
    steps = []
    for i in range(count):
        features = rng.normal(size=FEATURE_SIZE).astype(np.float32)
        features[EMOTION] = rng.dirichlet(np.ones(6))
        features[MOTION], features[SCENE_OFFSET] = rng.gamma(2, 5), rng.integers(0, 30)
        steps.append(
            StepInput(
                previous=int(chords[i - 1]) if i else None,
                features=features,
                present=rng.random(CONDITIONS) < 0.7,
                mode="minor" if rng.random() < 0.3 else "major",
                step_duration=float(rng.uniform(0.3, 3.0)),
                bar_position=float(rng.integers(0, 4)) / 4,
            )
        )
    return chords, steps


def to_tensors(steps: list[StepInput]) -> tuple[Tensor, Conditions]:
    """Previous chords [1, T] and conditions [1, T, …] of one sequence."""
    previous = torch.tensor([[START if x.previous is None else x.previous for x in steps]])
    return previous, Conditions(
        torch.from_numpy(np.stack([x.features for x in steps]))[None],
        torch.from_numpy(np.stack([x.present for x in steps])).float()[None],
        torch.tensor([[int(x.mode == "minor") for x in steps]]),
        torch.tensor([[x.step_duration for x in steps]], dtype=torch.float32),
        torch.tensor([[x.bar_position for x in steps]], dtype=torch.float32),
    )


def amt_parity(model: Amt, path: Path, *, seed: int = 0) -> Parity:
    """Compare full-sequence torch, step-by-step torch and step-by-step ONNX over three attention windows."""
    window = model.config.window
    count = _WINDOWS * window + 5
    _, steps = random_steps(count, seed)
    previous, conditions = to_tensors(steps)
    with torch.inference_mode():
        full = model(previous, conditions)[0].numpy()
        rings, found = model.rings(1), []
        for t in range(count):
            now = Conditions(*(x[:, t] for x in conditions))
            logits, column = model.step(previous[:, t], now, torch.tensor([t]), rings)
            for i, ring in enumerate(rings):
                ring[:, :, t % window] = column[:, i]
            found.append(logits[0].numpy())
    streamed = _stream(path, steps)
    # PAD is barred by a logit of −10,000, where neighbouring float32 numbers are 0.001 apart.
    likely = full[:, :PAD]
    return Parity(count, _worst(likely, np.stack(found)[:, :PAD]), _worst(likely, streamed[:, :PAD]))


def int8_difference(full: Path, small: Path, *, seed: int = 0) -> float:
    """Greatest difference of logits of a float32 file and its int8 form, each on its own rings, over three windows."""
    _, steps = random_steps(_WINDOWS * Decoder.open(full).window + 5, seed)
    return _worst(_stream(full, steps)[:, :PAD], _stream(small, steps)[:, :PAD])


def _stream(path: Path, steps: list[StepInput]) -> NDArray[np.float32]:
    """Logits [T, 159] of one session by steps."""
    decoder = Decoder.open(path)
    state = decoder.start()
    return np.stack([decoder.step([step], state)[0] for step in steps])


def dynamics_parity(model: Dynamics, path: Path, *, count: int = 600, seed: int = 0) -> Parity:
    """The same three for the dynamics model, as shares of the data's ranges."""
    chords, steps = random_steps(count, seed)
    _, conditions = to_tensors(steps)
    chord = torch.from_numpy(chords)[None]
    with torch.inference_mode():
        full = model.to_units(model(chord, conditions)[0])[0].numpy()
        state, found = torch.zeros(model.config.layers, 1, model.config.hidden), []
        for t in range(count):
            levels, state = model.step(chord[:, t], Conditions(*(x[:, t] for x in conditions)), state)
            found.append(levels[0].numpy())
    runtime = DynamicsModel.open(path)
    memory = runtime.start()
    streamed = np.stack([runtime.step([x], [int(c)], memory)[0] for x, c in zip(steps, chords, strict=True)])
    inside = (full < [0.7, 48.0]) / _LEVEL_RANGE  # the runtime clips what is outside the data's ranges
    return Parity(count, _worst(full * inside, np.stack(found) * inside), _worst(full * inside, streamed * inside))


def _worst(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.abs(a.astype(np.float64) - b).max())
