"""The training loop: AdamW, warm-up and fall, averaged weights, early stopping, resumable, on any engine."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.batches import Batch, stack
from models.checkpoint import Checkpoint
from models.config import TrainConfig
from models.engine import Alone, Engine
from models.tasks import Task, autocast
from stream_v2m.core.errors import ConfigError


class _Loss(nn.Module):
    """A task's loss as a module, so that an engine can wrap it."""

    def __init__(self, task: Task, mean: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.model, self._task, self._mean = task.model, task, mean

    def forward(self, batch: Batch) -> Tensor:
        return self._task.loss(batch, self._mean)


class Trainer:
    """Runs one config; the process of rank 0 leaves ``best.pt``, ``last.pt`` and ``metrics.jsonl`` in ``folder``.

    Every process draws its share of each batch with its own ``rng``. Gradients are averaged before the step, so weights
    and their averages are the same everywhere.

    Raises:
        ConfigError: the batch cannot be shared equally.
    """

    def __init__(
        self, config: TrainConfig, task: Task, rng: np.random.Generator, folder: Path, engine: Engine | None = None
    ) -> None:
        self.config, self.task, self.rng, self.folder = config, task, rng, folder
        self.engine = engine or Alone()
        self.share, rest = divmod(config.batch, self.engine.processes)
        if rest or not self.share:
            shares = f"a multiple of {self.engine.processes}"
            raise ConfigError("the batch cannot be shared equally", got=config.batch, expected=shares)
        loss: nn.Module = _Loss(task, self.engine.mean)
        if config.compile:
            loss.compile()
        self.loss = self.engine.prepare(loss)
        self.model = task.model
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimisers = optimisers(self.model, config)
        if self.engine.rank:
            # All begin with the same weights; from here on each has its own dropout.
            torch.manual_seed(config.seed + self.engine.rank)
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
        if self.engine.rank == 0:
            self._begin_log()
        began, first, losses = time.monotonic(), self.step, []
        while self.step < config.steps:
            losses.append(self.update())
            self.step += 1
            if self.step % config.evaluate_every == 0 or self.step == config.steps:
                spent = time.monotonic() - began
                left = spent / (self.step - first) * (config.steps - self.step)
                found = self.engine.on_main(lambda: self.task.evaluate(self.average))
                mean = self.engine.mean(torch.tensor(losses, device=self.engine.device).mean())
                self._record(provenance, found, float(mean), spent, left)
                losses.clear()
                if self.step - self.best_step >= config.patience * config.evaluate_every:
                    self._tell(f"no better for {config.patience} evaluations: stopping")
                    break

    def update(self) -> float:
        """One batch, one step of the optimisers; this process's loss before it."""
        batch = stack([self.task.views.draw() for _ in range(self.share)], self.engine.device)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.rate() * (self.config.matrix_rate if "ns_steps" in group else 1.0)
        self.model.train()
        with autocast(self.config, self.engine.device):
            loss: Tensor = self.loss(batch)
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

    def _begin_log(self) -> None:
        """Keep of ``metrics.jsonl`` what the weights have seen: all up to the checkpoint, nothing in a new run."""
        log = self.folder / "metrics.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= self.step]
        log.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def _record(
        self, provenance: dict[str, Any], found: dict[str, float], loss: float, spent: float, left: float
    ) -> None:
        better = found["score"] < self.best
        if better:
            self.best, self.best_step = found["score"], self.step
        training = self._training_state()
        if self.engine.rank != 0:
            return
        line = {"step": self.step, "loss": loss, "rate": self.rate(), "seconds": spent, **found}
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({name: round(value, 6) for name, value in line.items()}) + "\n")
        if better:
            self._checkpoint(found, provenance, None).save(self.folder / "best.pt")
        self._checkpoint(found, provenance, training).save(self.folder / "last.pt")
        shown = " ".join(f"{name} {value:.3f}" for name, value in found.items())
        self._tell(f"{self.step}/{self.config.steps} loss {loss:.3f} {shown} · {left / 60:.0f} min left")

    def _tell(self, line: str) -> None:
        if self.engine.rank == 0:
            print(line, flush=True)

    def _checkpoint(
        self, found: dict[str, float], provenance: dict[str, Any], training: dict[str, Any] | None
    ) -> Checkpoint:
        weights = {name: value.clone() for name, value in self.average.state_dict().items()}
        return Checkpoint(self.config, weights, self.step, found, provenance, training)

    def _training_state(self) -> dict[str, Any]:
        chance = {"numpy": json.dumps(self.rng.bit_generator.state), "torch": torch.get_rng_state()}
        first, *others = self.engine.gather(chance)
        return {
            "weights": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "best": self.best,
            "best_step": self.best_step,
            **first,
            "others": others,
        }

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on exactly where ``last.pt`` stopped; with more processes than then, the new ones draw anew."""
        assert checkpoint.training is not None, "best.pt cannot be resumed, last.pt can"
        state = checkpoint.training
        self.average.load_state_dict(checkpoint.weights)
        self.model.load_state_dict(state["weights"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.best, self.best_step = checkpoint.step, state["best"], state["best_step"]
        chances = [state, *state.get("others", [])]
        if self.engine.rank < len(chances):
            self.rng.bit_generator.state = json.loads(chances[self.engine.rank]["numpy"])
            torch.set_rng_state(chances[self.engine.rank]["torch"])

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
