"""A training that takes a second: a loop of four chords and a transformer of one layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.config import AmtConfig, TrainConfig
from models.data.song import Song
from models.engine import Alone, Engine, chances
from models.tasks import ChordTask
from models.trainer import Trainer

PAPER = {"width": 32, "layers": 1, "heads": 2, "hidden": 64, "seconds": 24, "dropout": 0.0}
LOOP = np.array([14, 80, 105, 93] * 10)


def songs() -> list[Song]:
    """One for training and the same for validation."""
    start = np.arange(len(LOOP), dtype=np.float32)
    return [
        Song("t", split, "major", start, LOOP, float(len(LOOP)), seconds=LOOP, split=split)
        for split in ("train", "val")
    ]


def config(**changes: Any) -> TrainConfig:
    """Sixty batches of four, with these changes."""
    values = {
        "amt": AmtConfig(width=32, layers=1, heads=2, hidden=64, window=16, dropout=0.0),
        "steps": 60,
        "batch": 4,
        "length": 24,
        "rate": 1e-2,
        "warmup": 5,
        "evaluate_every": 20,
        "transpose": 0.0,
        "speed": 0.0,
        "ema": 0.5,
        "shares": {"seconds": 1.0},
    }
    return TrainConfig.model_validate({**values, **changes})


def trainer(folder: Path, settings: TrainConfig, engine: Engine | None = None) -> Trainer:
    """A trainer of the loop, as ``models.train`` makes one."""
    engine = engine or Alone()
    torch.manual_seed(settings.seed)
    rng = chances(engine, settings.seed)
    folder.mkdir(exist_ok=True)
    return Trainer(settings, ChordTask(settings, songs(), rng), rng, folder, engine)
