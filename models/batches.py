"""Sequences stacked into tensors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.conditions import Conditions
from models.data.views import Sequence
from stream_v2m.core.features import CONDITIONS, FEATURE_SIZE
from stream_v2m.inference.contract import PAD


class Batch(NamedTuple):
    """``previous`` and ``target`` int64 [B, T], conditions [B, T, …], ``music`` float32 [B, T, 2] (NaN: unknown)."""

    previous: Tensor
    target: Tensor
    conditions: Conditions
    music: Tensor


def stack(sequences: list[Sequence], device: torch.device | None = None) -> Batch:
    """Sequences, padded at their ends to the longest; on the processor unless another device is given."""
    batch, length = len(sequences), max(len(sequence.target) for sequence in sequences)
    previous = np.zeros((batch, length), np.int64)
    target = np.full((batch, length), PAD, np.int64)
    features = np.zeros((batch, length, FEATURE_SIZE), np.float32)
    present = np.zeros((batch, length, CONDITIONS), np.float32)
    mode = np.zeros((batch, length), np.int64)
    duration = np.ones((batch, length), np.float32)
    bar = np.zeros((batch, length), np.float32)
    music = np.full((batch, length, 2), np.nan, np.float32)
    for i, x in enumerate(sequences):
        n = len(x.target)
        previous[i, :n], target[i, :n], features[i, :n], present[i, :n] = x.previous, x.target, x.features, x.present
        mode[i], duration[i, :n], bar[i, :n], music[i, :n] = x.mode, x.duration, x.bar, x.music

    def as_tensor(values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(values).to(device)

    conditions = Conditions(
        as_tensor(features), as_tensor(present), as_tensor(mode), as_tensor(duration), as_tensor(bar)
    )
    return Batch(as_tensor(previous), as_tensor(target), conditions, as_tensor(music))
