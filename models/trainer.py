"""The training loop: AdamW, warm-up and fall, averaged weights, early stopping, resumable."""

from __future__ import annotations

import copy
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.batches import stack
from models.checkpoint import Checkpoint
from models.config import TrainConfig
from models.tasks import Task


class Trainer:
    """Runs one config; leaves ``best.pt``, ``last.pt`` and ``metrics.jsonl`` in ``folder``."""

    def __init__(self, config: TrainConfig, task: Task, rng: np.random.Generator, folder: Path) -> None:
        self.config, self.task, self.rng, self.folder = config, task, rng, folder
        self.model = task.model
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimisers = optimisers(self.model, config)
        self.step = 0
        self.best = math.inf
        self.best_step = 0

    def rate(self) -> float:
        """The learning rate of the present step: linear warm-up, then a cosine to ``final_rate`` or Noam's law.

        Noam's falls with the root of the step (Vaswani et al. 2017).
        """
        config = self.config
        if self.step < config.warmup:
            return config.rate * (self.step + 1) / config.warmup
        if config.schedule == "noam":
            return config.rate * math.sqrt(config.warmup / (self.step + 1))
        done = (self.step - config.warmup) / max(config.steps - config.warmup, 1)
        return config.rate * (config.final_rate + (1 - config.final_rate) * 0.5 * (1 + math.cos(math.pi * done)))

    def run(self, provenance: dict[str, Any]) -> None:
        """Train to the end of the schedule, or until no evaluation was better for ``patience`` of them."""
        config = self.config
        loss_module = torch.compile(self.task.loss) if config.compile else self.task.loss
        began, first, losses = time.monotonic(), self.step, []
        while self.step < config.steps:
            losses.append(self._update(loss_module))
            self.step += 1
            if self.step % config.evaluate_every == 0 or self.step == config.steps:
                spent = time.monotonic() - began
                left = spent / (self.step - first) * (config.steps - self.step)
                found = self.task.evaluate(self.average)
                self._record(provenance, found, float(np.mean(losses)), spent, left)
                losses.clear()
                if self.step - self.best_step >= config.patience * config.evaluate_every:
                    print(f"no better for {config.patience} evaluations: stopping", flush=True)
                    break

    def _update(self, loss_of: Any) -> float:
        batch = stack([self.task.views.draw() for _ in range(self.config.batch)])
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.rate() * (self.config.matrix_rate if "ns_steps" in group else 1.0)
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16):
            loss: Tensor = loss_of(batch)
        self.model.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        self._average_weights()
        return float(loss.detach())

    def _average_weights(self) -> None:
        """Exponential moving average, shorter at the beginning."""
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)

    def _record(
        self, provenance: dict[str, Any], found: dict[str, float], loss: float, spent: float, left: float
    ) -> None:
        line = {"step": self.step, "loss": loss, "rate": self.rate(), "seconds": spent, **found}
        with (self.folder / "metrics.jsonl").open("a") as log:
            log.write(json.dumps({name: round(value, 6) for name, value in line.items()}) + "\n")
        shown = " ".join(f"{name} {value:.3f}" for name, value in found.items())
        print(f"{self.step}/{self.config.steps} loss {loss:.3f} {shown} · {left / 60:.0f} min left", flush=True)
        if found["score"] < self.best:
            self.best, self.best_step = found["score"], self.step
            self._checkpoint(found, provenance, None).save(self.folder / "best.pt")
        self._checkpoint(found, provenance, self._training_state()).save(self.folder / "last.pt")

    def _checkpoint(
        self, found: dict[str, float], provenance: dict[str, Any], training: dict[str, Any] | None
    ) -> Checkpoint:
        weights = {name: value.clone() for name, value in self.average.state_dict().items()}
        return Checkpoint(self.config, weights, self.step, found, provenance, training)

    def _training_state(self) -> dict[str, Any]:
        return {
            "weights": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "best": self.best,
            "best_step": self.best_step,
            "numpy": json.dumps(self.rng.bit_generator.state),
            "torch": torch.get_rng_state(),
        }

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on exactly where ``last.pt`` stopped."""
        assert checkpoint.training is not None, "best.pt cannot be resumed, last.pt can"
        state = checkpoint.training
        self.average.load_state_dict(checkpoint.weights)
        self.model.load_state_dict(state["weights"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.rng.bit_generator.state = json.loads(state["numpy"])
        torch.set_rng_state(state["torch"])
        self.step, self.best, self.best_step = checkpoint.step, state["best"], state["best_step"]

    def begin_from(self, checkpoint: Checkpoint) -> None:
        """Begin with another run's weights."""
        self.model.load_state_dict(checkpoint.weights)
        self.average.load_state_dict(checkpoint.weights)


def optimisers(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """AdamW, and Muon (Jordan et al. 2024) for the blocks' matrices where the config asks for it."""
    matrices, tables, vectors = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            vectors.append(parameter)
        elif config.muon and name.startswith("blocks."):
            matrices.append(parameter)
        else:
            tables.append(parameter)
    adam = torch.optim.AdamW(
        [{"params": tables, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=config.rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    if not matrices:
        return [adam]
    return [adam, torch.optim.Muon(matrices, lr=config.rate, weight_decay=config.weight_decay)]
