"""The published model's training: songs from their beginnings, cross-entropy and the emotions' allowed chords."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.baselines.paper import PaperAmt
from models.batches import Batch
from models.config import TrainConfig
from models.data.song import Song
from models.data.views import Sequence, crop, whole
from models.tasks import protocol_metrics
from stream_v2m.core.chords import QUALITIES, ROOTS, VOCABULARY
from stream_v2m.core.emotions import ALLOWED_QUALITIES, EMOTIONS
from stream_v2m.core.features import EMOTION, SCENE_OFFSET
from stream_v2m.inference.contract import LOGITS, PAD


def predict(model: nn.Module, batch: Batch) -> Tensor:
    """Logits [B, T, 159] for songs from their beginnings; row 0, the first chord, is given and so all zeros."""
    ended = batch.target >= VOCABULARY
    previous = batch.previous.masked_fill(batch.target == PAD, PAD)[:, 1:]
    film = batch.conditions.features.clone()
    film[..., SCENE_OFFSET] += 1  # as published: no second of the film is like its padding
    film = film.masked_fill(ended.unsqueeze(-1), 0.0)
    return F.pad(model(previous, batch.conditions.mode[:, 0], film), (0, 0, 1, 0))


def allowed_chords(target: Tensor, emotion: Tensor) -> Tensor:
    """What the loss calls fitting: 1 for every chord that the leading emotion allows, on all roots, else 0.

    Args:
        target: int64 [B, T]; END and PAD fit themselves alone.
        emotion: probabilities [B, T, 6] of the target's own second.

    Returns:
        float32 [B, T, 159]; all zeros under a neutral emotion.
    """
    table = torch.zeros(len(EMOTIONS), LOGITS, device=target.device)
    for row, name in zip(table, EMOTIONS, strict=True):
        allowed = torch.tensor([float(quality in ALLOWED_QUALITIES[name]) for quality in QUALITIES])
        row[1:VOCABULARY] = allowed.repeat(ROOTS)
    special = (target >= VOCABULARY).unsqueeze(-1)
    return torch.where(special, F.one_hot(target, LOGITS).float(), table[emotion.argmax(dim=-1)])


class Beginnings:
    """Songs with a film, drawn at random, each from its beginning and padded to ``seconds``."""

    def __init__(self, songs: list[Song], seconds: int, rng: np.random.Generator) -> None:
        self.songs, self.seconds, self.rng = songs, seconds, rng

    def draw(self) -> Sequence:
        """One song."""
        return crop(whole(self.songs[int(self.rng.integers(len(self.songs)))]), 0, self.seconds)


class PaperTask:
    """0.4 of the next chord's cross-entropy and 0.6 of the allowed chords' binary one."""

    def __init__(self, config: TrainConfig, songs: list[Song], rng: np.random.Generator) -> None:
        self.config, self.share = config, config.paper.chord_share
        self.model: nn.Module = PaperAmt(config.paper)
        seen = [song for song in songs if song.picture is not None]
        self.views = Beginnings([song for song in seen if song.split == "train"], config.paper.seconds, rng)
        self.val = [song for song in seen if song.split == "val"]

    def loss(self, batch: Batch, mean: Callable[[Tensor], Tensor]) -> Tensor:
        """The weighted sum; PAD counts in the second part alone, as published."""
        logits, target = predict(self.model, batch)[:, 1:], batch.target[:, 1:]
        count = mean((target != PAD).sum().float()).clamp(min=1)
        chord = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD, reduction="sum") / count
        fitting = allowed_chords(target, batch.conditions.features[:, 1:, EMOTION])
        return self.share * chord + (1 - self.share) * F.binary_cross_entropy_with_logits(logits, fitting)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """The published protocol on the val songs."""
        return protocol_metrics(self.val, model, self.config, lambda batch: predict(model, batch))
