"""Loudness and density from one second's picture, linearly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.data.song import Song
from models.metrics.protocol import Floats
from stream_v2m.core.features import MOTION


@dataclass(frozen=True)
class Ridge:
    """Loudness and density from one second's picture alone, linearly."""

    centre: Floats
    scale: Floats
    weights: Floats
    mean: Floats

    @classmethod
    def fit(cls, songs: list[Song], *, penalty: float = 3e4) -> Ridge:
        """Least squares on standardised features, with a penalty on the weights."""
        features, music = [], []
        for song in songs:
            if song.picture is not None:
                features.append(_inputs(song))
                music.append(np.stack([song.picture.loudness, song.picture.density], axis=1))
        x, y = np.concatenate(features), np.concatenate(music).astype(np.float64)
        centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
        x = ((x - centre) / scale).astype(np.float64)
        weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (y - y.mean(axis=0)))
        return cls(centre, scale, weights, y.mean(axis=0))

    def predict(self, song: Song) -> Floats:
        """Loudness and density [T, 2]."""
        return ((_inputs(song) - self.centre) / self.scale) @ self.weights + self.mean


def _inputs(song: Song) -> Floats:
    assert song.picture is not None
    features = song.picture.features(np.arange(len(song.picture.rest)))
    features[:, MOTION:] = np.log1p(features[:, MOTION:])
    return features
