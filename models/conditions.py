"""A step's conditions, and the layer that reads them, absent ones included."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from stream_v2m.core.features import EMOTION, FEATURE_SIZE, MOTION, SCENE_OFFSET, SEMANTIC, Condition

_SEMANTIC_SIZE = SEMANTIC.stop - SEMANTIC.start
_EMOTION_SIZE = EMOTION.stop - EMOTION.start
_MODES = 2
_BAR_HARMONICS = (1, 2, 4)  # of the bar: the bar, the half-bar, the beat of 4/4
# Columns of the layer's input that each condition fills, in the order of Condition.
_COLUMNS = (_SEMANTIC_SIZE, _EMOTION_SIZE, 1, 1, _MODES, 1, 2 * len(_BAR_HARMONICS))


class Conditions(NamedTuple):
    """Conditions of steps, in data units.

    ``features`` float32 [..., 392]; ``present`` float32 [..., 7], 0 or 1 in the order of ``Condition``; ``mode`` int64
    [...], 0 major or 1 minor; ``duration`` float32 [...] seconds; ``bar`` float32 [...], the onset's place in the bar
    as a fraction.
    """

    features: Tensor
    present: Tensor
    mode: Tensor
    duration: Tensor
    bar: Tensor


class ConditionEncoder(nn.Module):
    """Conditions to [..., width]: normalised, zero where absent, with the presence bits beside them, and projected.

    Zero and a presence bit of its own are a condition's learned absence. Motion and scene offset are taken by their
    logarithms. Normalisation is part of the weights, so that features stay in data units outside.
    """

    centre: Tensor
    scale: Tensor
    columns: Tensor
    harmonics: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(FEATURE_SIZE))
        self.register_buffer("scale", torch.ones(FEATURE_SIZE))
        columns = torch.repeat_interleave(torch.arange(len(Condition)), torch.tensor(_COLUMNS))
        self.register_buffer("columns", columns, persistent=False)
        angle = 2 * torch.pi * torch.tensor([float(k) for k in _BAR_HARMONICS])
        self.register_buffer("harmonics", angle, persistent=False)
        self.project = nn.Linear(sum(_COLUMNS) + len(Condition), width)

    def fit(self, features: Tensor) -> None:
        """Take centre and scale from training features [N, 392].

        Semantic axes are divided by the geometric mean of their own and the widest axis's deviation: whitening them
        would make as much of the noise in the last axes as of the first.
        """
        values = self._logarithmic(features)
        deviation = values.std(dim=0).clamp(min=1e-3)
        deviation[SEMANTIC] = (deviation[SEMANTIC] * deviation[SEMANTIC].max()).sqrt()
        self.centre.copy_(values.mean(dim=0))
        self.scale.copy_(deviation)

    @staticmethod
    def _logarithmic(features: Tensor) -> Tensor:
        tail = torch.log1p(features[..., MOTION : SCENE_OFFSET + 1].clamp(min=0))
        return torch.cat([features[..., :MOTION], tail], dim=-1)

    def forward(self, conditions: Conditions) -> Tensor:
        """Embed the conditions: float32 [..., width]."""
        picture = (self._logarithmic(conditions.features) - self.centre) / self.scale
        minor = conditions.mode.to(picture.dtype).unsqueeze(-1)
        angle = conditions.bar.unsqueeze(-1) * self.harmonics
        duration = torch.log(conditions.duration.clamp(min=0.05)).unsqueeze(-1)
        values = torch.cat([picture, 1 - minor, minor, duration, angle.sin(), angle.cos()], dim=-1)
        mask = conditions.present.index_select(-1, self.columns)
        # An absent condition may hold anything, even what is not finite.
        values = torch.where(mask > 0, values, torch.zeros_like(values))
        projected: Tensor = self.project(torch.cat([values, conditions.present], dim=-1))
        return projected
