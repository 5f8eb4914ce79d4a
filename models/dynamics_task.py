"""What the dynamics run optimises and how it is judged on the way: loudness and density."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.batches import Batch, stack
from models.config import TrainConfig
from models.data.song import Song
from models.data.views import Views, whole
from models.dynamics import Dynamics
from models.metrics import protocol
from stream_v2m.core.chords import VOCABULARY
from stream_v2m.inference.contract import START


class DynamicsTask:
    """Huber loss on standardised values, and one minus the correlation within each song."""

    def __init__(self, config: TrainConfig, songs: list[Song], rng: np.random.Generator) -> None:
        self.config = config
        model = Dynamics(config.dynamics)
        train = [song for song in songs if song.split == "train" and song.picture is not None]
        music = [np.stack([x.loudness, x.density], axis=1) for song in train if (x := song.picture)]
        model.fit(torch.from_numpy(np.concatenate(music)))
        self.model: nn.Module = model
        self.views = Views(train, config, rng)
        self.val = [song for song in songs if song.split == "val" and song.picture is not None]

    def loss(self, batch: Batch, mean: Callable[[Tensor], Tensor]) -> Tensor:
        """The weighted sum of both losses over known seconds."""
        assert isinstance(self.model, Dynamics)
        chord = batch.target.clamp(max=VOCABULARY - 1)
        unknown = torch.rand(len(chord), 1, device=chord.device) < self.config.chord_dropout
        predicted, _ = self.model(torch.where(unknown, START, chord), batch.conditions)
        known = ~batch.music.isnan()
        actual = self.model.standardise(torch.where(known, batch.music, 0.0))
        error = F.smooth_l1_loss(predicted, actual, reduction="none")
        level = (error * known).sum() / mean(known.sum().float()).clamp(min=1)
        share = self.config.correlation
        return (1 - share) * level + share * (1 - _correlation(predicted, actual, known)).mean()

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """RMSE and within-song correlation over all seconds of the val songs."""
        assert isinstance(model, Dynamics)
        scores = []
        device = next(model.parameters()).device
        for song in self.val:
            assert song.picture is not None
            batch = stack([whole(song)], device)
            with torch.inference_mode():
                standard, _ = model(batch.target.clamp(max=VOCABULARY - 1), batch.conditions)
                found = model.to_units(standard)[0].cpu().numpy()
            n = min(len(song.picture.loudness), len(found) - 1)
            scores.append(dynamics_scores(found[:n], song.picture.loudness[:n], song.picture.density[:n]))
        mean = protocol.mean_over_songs(scores)
        return {**mean, "score": -mean["loudness_correlation"] - mean["density_correlation"]}


def dynamics_scores(found: protocol.Floats, loudness: protocol.Floats, density: protocol.Floats) -> dict[str, float]:
    """Both outputs' RMSE and correlation in one song; ``found`` [n, 2]."""
    return {
        "loudness_rmse": protocol.rmse(found[:, 0], loudness),
        "density_rmse": protocol.rmse(found[:, 1], density),
        "loudness_correlation": protocol.correlation(found[:, 0], loudness),
        "density_correlation": protocol.correlation(found[:, 1], density),
    }


def _correlation(predicted: Tensor, actual: Tensor, known: Tensor) -> Tensor:
    """Pearson's correlation along time of [B, T, 2]: [B, 2]."""
    count = known.sum(dim=1, keepdim=True).clamp(min=2)
    x = (predicted - (predicted * known).sum(dim=1, keepdim=True) / count) * known
    y = (actual - (actual * known).sum(dim=1, keepdim=True) / count) * known
    return (x * y).sum(dim=1) / ((x * x).sum(dim=1) * (y * y).sum(dim=1) + 1e-6).sqrt()
