"""Checkpoints: weights and plain values only, so that they load with ``weights_only=True``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.amt import Amt
from models.baselines.paper import PaperAmt
from models.config import TrainConfig
from models.dynamics import Dynamics
from stream_v2m.core.errors import ModelContractError


@dataclass(frozen=True)
class Checkpoint:
    """A run's state. ``provenance`` says what it was made from and how; ``training`` is what resuming needs."""

    config: TrainConfig
    weights: dict[str, Tensor]
    step: int
    metrics: dict[str, float]
    provenance: dict[str, Any]
    training: dict[str, Any] | None = None

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        partial = path.with_suffix(".partial")
        torch.save({**self.__dict__, "config": self.config.model_dump()}, partial)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read a checkpoint.

        Raises:
            ModelContractError: no such file.
        """
        if not path.exists():
            raise ModelContractError("no checkpoint", where=path, cure="train one with `python -m models.train`")
        values = torch.load(path, map_location="cpu", weights_only=True)
        return cls(**{**values, "config": TrainConfig.model_validate(values["config"])})

    def model(self) -> Amt | Dynamics | PaperAmt:
        """The model with these weights, in evaluation mode."""
        config = self.config
        model: Amt | Dynamics | PaperAmt
        if config.model == "amt":
            model = Amt(config.amt)
        else:
            model = Dynamics(config.dynamics) if config.model == "dynamics" else PaperAmt(config.paper)
        model.load_state_dict(self.weights)
        return model.eval()
