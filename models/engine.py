"""Where a run computes: one process on the processor, or many processes and GPUs by Hugging Face Accelerate."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from stream_v2m.core.errors import ConfigError

T = TypeVar("T")

# What torchrun, and accelerate launch even for one process, put into the environment.
_LAUNCHED = ("LOCAL_RANK", "ACCELERATE_MIXED_PRECISION")


class Engine(Protocol):
    """What the training loop asks of the processes that share a run; each method is called by all of them."""

    rank: int
    processes: int
    device: torch.device

    def prepare(self, module: nn.Module) -> nn.Module:
        """``module`` on this process's device; going backward leaves its gradients averaged over all processes."""

    def mean(self, value: Tensor) -> Tensor:
        """``value`` averaged over all processes, without a gradient."""

    def on_main(self, make: Callable[[], T]) -> T:
        """What ``make`` gives in the process of rank 0, for all; the others wait."""

    def gather(self, value: T) -> list[T]:
        """Everyone's ``value``, in order of rank."""

    def close(self) -> None:
        """Part from the others."""


class Alone:
    """This process, on the processor."""

    rank = 0
    processes = 1
    device = torch.device("cpu")

    def prepare(self, module: nn.Module) -> nn.Module:
        """See ``Engine``."""
        return module

    def mean(self, value: Tensor) -> Tensor:
        """See ``Engine``."""
        return value

    def on_main(self, make: Callable[[], T]) -> T:
        """See ``Engine``."""
        return make()

    def gather(self, value: T) -> list[T]:
        """See ``Engine``."""
        return [value]

    def close(self) -> None:
        """See ``Engine``."""


class Accelerated:
    """The processes that a launcher started, on GPUs where there are any: torch's DDP by Accelerate."""

    def __init__(self) -> None:
        from accelerate import Accelerator

        # The loop has its own autocast, and batches that are already each process's own.
        self._accelerator: Any = Accelerator(mixed_precision="no", cpu=not torch.accelerator.is_available())
        self.rank: int = self._accelerator.process_index
        self.processes: int = self._accelerator.num_processes
        self.device: torch.device = self._accelerator.device

    def prepare(self, module: nn.Module) -> nn.Module:
        """See ``Engine``."""
        prepared: nn.Module = self._accelerator.prepare_model(module)
        return prepared

    def mean(self, value: Tensor) -> Tensor:
        """See ``Engine``."""
        # All-reduced in place.
        mean: Tensor = self._accelerator.reduce(value.detach().clone(), reduction="mean")
        return mean

    def on_main(self, make: Callable[[], T]) -> T:
        """See ``Engine``."""
        from accelerate.utils import broadcast_object_list

        made: list[T] = broadcast_object_list([make() if self.rank == 0 else None])
        return made[0]

    def gather(self, value: T) -> list[T]:
        """See ``Engine``."""
        from accelerate.utils import gather_object

        gathered: list[T] = gather_object([value])
        return gathered

    def close(self) -> None:
        """See ``Engine``."""
        self._accelerator.end_training()


def chances(engine: Engine, seed: int) -> np.random.Generator:
    """Random numbers for the data of each process; the first one's are those of a run alone."""
    return np.random.default_rng([seed, engine.rank] if engine.rank else seed)


def choose() -> Engine:
    """Accelerate where ``accelerate launch`` or ``torchrun`` started this process, else this process alone.

    Raises:
        ConfigError: Accelerate is not installed.
    """
    if not any(name in os.environ for name in _LAUNCHED):
        return Alone()
    try:
        return Accelerated()
    except ImportError as error:
        raise ConfigError(
            "many processes need Accelerate", got=error, cure="install it with `pip install -e '.[scale]'`"
        ) from error
