"""Causal self-attention over a fixed window by relative position, for whole sequences and for one step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Rotations repeat after PERIOD steps, so a position counts modulo PERIOD and step 100,000 is as exact as step 10.
PERIOD = 512


def frequencies(size: int) -> Tensor:
    """Turns per PERIOD of each pair of ``size`` dimensions: whole numbers from 1 to PERIOD/2, near geometric.

    Rotary positions (Su et al. 2021) with frequencies that are whole multiples of one, float32 [size / 2].
    """
    steps = torch.linspace(0, 1, size // 2, dtype=torch.float64)
    return torch.round((PERIOD / 2) ** steps).to(torch.float32)


def rotation_table(size: int) -> Tensor:
    """Cosines and sines for every position modulo PERIOD: float32 [PERIOD, 2, size], each half of size the same."""
    turns = torch.arange(PERIOD, dtype=torch.float64)[:, None] * frequencies(size).double() / PERIOD
    angle = 2 * torch.pi * torch.remainder(turns, 1.0)
    return torch.stack([angle.cos().repeat(1, 2), angle.sin().repeat(1, 2)], dim=1).to(torch.float32)


def quarter_turn(size: int) -> Tensor:
    """The matrix [size, size] that turns the halves (a, b) of a row into (−b, a).

    As a product it is one operator of the graph where splitting and joining would be five.
    """
    half = torch.eye(size // 2)
    none = torch.zeros_like(half)
    return torch.cat([torch.cat([none, half], dim=1), torch.cat([-half, none], dim=1)], dim=0)


class WindowAttention(nn.Module):
    """Multi-head attention in which a step sees itself and the ``window`` − 1 steps before it."""

    quarter: Tensor

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.head_size = width // heads
        self.inputs = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width, bias=False)
        self.register_buffer("quarter", quarter_turn(self.head_size), persistent=False)

    def _rotate(self, x: Tensor, turn: Tensor) -> Tensor:
        """Rotate ``x`` [..., head_size] by ``turn``'s cosines and sines [..., 2, 1, 1, head_size]."""
        cosine, sine = turn.to(x.dtype).unbind(dim=-4)
        return x * cosine + torch.matmul(x, self.quarter.to(x.dtype)) * sine

    def forward(self, x: Tensor, turn: Tensor, mask: Tensor | None) -> Tensor:
        """Attend over whole sequences.

        Args:
            x: [B, T, width].
            turn: rotations of the T positions, [T, 2, 1, 1, head_size].
            mask: bool [T, T], true where a step may look; None when T fits the window.
        """
        batch, length, width = x.shape
        joined = self.inputs(x).view(batch, length, 3, self.heads, self.head_size)
        query, key = self._rotate(joined[:, :, :2], turn).permute(2, 0, 3, 1, 4)
        value = joined[:, :, 2].transpose(1, 2)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=mask is None)
        output: Tensor = self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return output

    def step(self, x: Tensor, turn: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Attend from one step over the ring of earlier ones.

        The ring is only read: concatenating the new column to it would copy it.

        Args:
            x: [B, width].
            turn: rotations of the rows' positions, [B, 2, 1, 1, head_size].
            keys: rotated keys of earlier steps, [B, heads, W, head_size].
            values: their values, the same shape.
            mask: float32 [B, 1, 1, W], 0 for slots in the window, a large negative number for the others.

        Returns:
            The mixed step [B, width] and the new column, key and value: [B, 2, heads, head_size].
        """
        batch = x.shape[0]
        joined = self.inputs(x).view(batch, 3, self.heads, self.head_size)
        turned = self._rotate(joined[:, :2], turn)
        query, key, value = turned[:, 0] * self.head_size**-0.5, turned[:, 1], joined[:, 2]
        past = torch.matmul(query.unsqueeze(2), keys.transpose(-1, -2)) + mask
        now = (query * key).sum(dim=-1, keepdim=True).unsqueeze(2)
        weight = torch.softmax(torch.cat([past, now], dim=-1), dim=-1)
        mixed = torch.matmul(weight[..., :-1], values) + weight[..., -1:] * value.unsqueeze(2)
        output: Tensor = self.output(mixed.reshape(batch, -1))
        return output, torch.cat([turned[:, 1:], joined[:, 2:]], dim=1)
