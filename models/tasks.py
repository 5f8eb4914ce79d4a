"""What a run optimises and how it is judged on the way: chords (AMT)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.amt import Amt
from models.batches import Batch, stack
from models.config import TrainConfig
from models.data.song import Song
from models.data.views import Sequence, Views, first, whole
from models.metrics import protocol
from stream_v2m.inference.contract import PAD

_EVALUATION_BATCH = 8


def autocast(config: TrainConfig, device: torch.device) -> AbstractContextManager[None]:
    """Products in the config's precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16")


class Source(Protocol):
    """Where training sequences come from."""

    def draw(self) -> Sequence:
        """One random sequence."""


class Task(Protocol):
    """One model's data, loss and score."""

    model: nn.Module

    @property
    def views(self) -> Source:
        """The training data."""

    def loss(self, batch: Batch, mean: Callable[[Tensor], Tensor]) -> Tensor:
        """The training loss of one process's batch, a scalar.

        ``mean`` averages a count over all processes: divided by it, a target weighs the same in whichever batch it is.
        """

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Metrics on the val songs; ``score`` among them, lower is better."""


class ChordTask:
    """Cross-entropy of the next chord."""

    def __init__(self, config: TrainConfig, songs: list[Song], rng: np.random.Generator) -> None:
        self.config = config
        self.model: nn.Module = Amt(config.amt)
        self.views = Views([song for song in songs if song.split == "train"], config, rng)
        self.val = [song for song in songs if song.split == "val" and song.seconds is not None]

    def loss(self, batch: Batch, mean: Callable[[Tensor], Tensor]) -> Tensor:
        """Mean cross-entropy over targets that are not PAD."""
        logits = self.model(batch.previous, batch.conditions)
        target = batch.target.flatten()
        chance = F.log_softmax(logits.flatten(0, 1).float(), dim=-1)
        known = target != PAD
        count = mean(known.sum().float()).clamp(min=1)
        right = F.nll_loss(chance, target, ignore_index=PAD, reduction="sum") / count
        smoothing = self.config.label_smoothing
        if smoothing == 0:
            return right
        # Smoothed over what may be predicted: PAD, the last label, is barred.
        return (1 - smoothing) * right - smoothing * (chance[:, :PAD].mean(dim=-1) * known).sum() / count

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """The published protocol on the val songs."""
        return protocol_metrics(self.val, model, self.config, lambda batch: model(batch.previous, batch.conditions))


def protocol_metrics(
    songs: list[Song], model: nn.Module, config: TrainConfig, logits_of: Callable[[Batch], Tensor]
) -> dict[str, float]:
    """The published protocol on ``songs``, with the cross-entropy as ``score``.

    Args:
        songs: with their labels at 1 Hz.
        model: computes where it is, in the precision of ``config``.
        logits_of: its logits [B, T, 159] of a batch of songs, each from its beginning.
    """
    scores = []
    device = next(model.parameters()).device
    songs = sorted(songs, key=lambda song: len(song.by_seconds()))
    for i in range(0, len(songs), _EVALUATION_BATCH):
        group = songs[i : i + _EVALUATION_BATCH]
        batch = stack([first(whole(song), protocol.PROTOCOL_SECONDS) for song in group], device)
        with torch.inference_mode(), autocast(config, device):
            logits = logits_of(batch).float().cpu().numpy()
        for row, song in zip(logits, group, strict=True):
            before, target = protocol.protocol_targets(song.by_seconds())
            scores.append(protocol.chord_scores(row[1 : len(target) + 1], before, target))
    found = protocol.mean_over_songs(scores)
    return {**found, "score": found["cross_entropy"]}
