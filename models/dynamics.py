"""The causal GRU: loudness and note density from the picture and the chords up to now."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.amt import ChordEmbedding
from models.conditions import ConditionEncoder, Conditions
from models.config import DynamicsConfig

OUTPUTS = 2  # loudness (linear RMS), note density (notes)


class Dynamics(nn.Module):
    """Loudness and density of each step, in data units, given its chord and conditions and all earlier ones.

    Inside, loudness is standardised, density is its standardised logarithm: in raw units density would dominate.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, config: DynamicsConfig) -> None:
        super().__init__()
        self.config = config
        self.chord = ChordEmbedding(config.width)
        self.conditions = ConditionEncoder(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.gru = nn.GRU(config.width, config.hidden, config.layers, batch_first=True)
        self.head = nn.Linear(config.hidden, OUTPUTS)
        self.register_buffer("centre", torch.zeros(OUTPUTS))
        self.register_buffer("scale", torch.ones(OUTPUTS))
        nn.init.normal_(self.chord.root.weight, std=0.1)
        nn.init.normal_(self.chord.quality.weight, std=0.1)

    def standardise(self, music: Tensor) -> Tensor:
        """Loudness and density [..., 2] in data units to what the loss sees."""
        values = torch.stack([music[..., 0], torch.log1p(music[..., 1])], dim=-1)
        return (values - self.centre) / self.scale

    def fit(self, music: Tensor) -> None:
        """Take centre and scale from training music [N, 2]."""
        values = torch.stack([music[..., 0], torch.log1p(music[..., 1])], dim=-1)
        self.centre.copy_(values.mean(dim=0))
        self.scale.copy_(values.std(dim=0))

    def to_units(self, standard: Tensor) -> Tensor:
        """The inverse of ``standardise``, never below zero."""
        values = standard * self.scale + self.centre
        return torch.stack([values[..., 0].clamp(min=0), torch.expm1(values[..., 1]).clamp(min=0)], dim=-1)

    def forward(self, chord: Tensor, conditions: Conditions, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Standardised outputs [B, T, 2] and the state after them.

        Args:
            chord: int64 [B, T], each step's own chord 0…156, or START where it is unknown.
            conditions: of the same steps, [B, T, …].
            state: [layers, B, hidden]; None at the beginning.
        """
        x = self.dropout(torch.tanh(self.chord(chord) + self.conditions(conditions)))
        hidden, state = self.gru(x, state)
        return self.head(self.dropout(hidden)), state

    def step(self, chord: Tensor, conditions: Conditions, state: Tensor) -> tuple[Tensor, Tensor]:
        """One step [B]: outputs [B, 2] in data units and the new state [layers, B, hidden]."""
        one = Conditions(*(x.unsqueeze(1) for x in conditions))
        standard, state = self.forward(chord.unsqueeze(1), one, state)
        return self.to_units(standard[:, 0]), state
