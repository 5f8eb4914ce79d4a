"""What two processes compute together and leave in a folder: started by ``torchrun`` with ``-m``.

Each test of tests/models/test_scale.py looks at one part of it.
"""

from __future__ import annotations

import contextlib
import copy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models import engine as engines
from models.baselines.paper_task import PaperTask
from models.checkpoint import Checkpoint
from models.data import muvi
from models.data.views import Sequence, crop, whole
from models.dynamics_task import DynamicsTask
from models.engine import Engine
from models.tasks import ChordTask
from models.trainer import Trainer
from tests.support.muvi_folder import write_muvi
from tests.support.training import PAPER, config, trainer

TASKS = {"amt": ChordTask, "dynamics": DynamicsTask, "paper": PaperTask}
BATCH = 4
LENGTH = 24
SETTINGS = config(steps=20, evaluate_every=10, muon=True)


class _Given:
    """Sequences in the order given, in place of random ones."""

    def __init__(self, sequences: list[Sequence]) -> None:
        self._sequences = iter(sequences)

    def draw(self) -> Sequence:
        """The next one."""
        return next(self._sequences)


def write_songs(folder: Path) -> None:
    """Songs of different length: halves of a batch have different counts of targets."""
    rng = np.random.default_rng(0)
    for i, count in enumerate((7, 24, 12, 31)):
        chords = rng.choice(["C", "F", "G:7", "A:min"], size=count)
        write_muvi(folder / str(i), name="001", split="train", chords=[str(chord) for chord in chords])


def one_update(data: Path, folder: Path, model: str, engine: Engine) -> dict[str, Tensor]:
    """Gradients and new weights after one batch of all songs, of which each process has its share."""
    settings = config(
        model=model, precision="float32", batch=BATCH, muon=True, clip=1e6, chord_dropout=0.0, shares={"muvi": 1.0},
        dynamics={"width": 16, "hidden": 16, "layers": 1, "dropout": 0.0}, label_smoothing=0.1, paper=PAPER,
    )  # fmt: skip
    songs = [song for i in range(BATCH) for song in muvi.load_folder(data / str(i))]
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    task: Any = TASKS[model](settings, songs, rng)
    run = Trainer(settings, task, rng, folder, engine)
    drawn = [crop(whole(song), 0, LENGTH) for song in songs]
    task.views = _Given(drawn[engine.rank * run.share :])
    run.update()
    gradients = {f"gradient {name}": value.grad for name, value in run.model.named_parameters()}
    return {name: value.detach().clone() for name, value in {**gradients, **run.model.state_dict()}.items()}


def whole_and_resumed(folder: Path, engine: Engine) -> dict[str, Any]:
    """A run of twenty batches; the same stopped after ten and resumed. What this process saw of it."""
    seen: dict[str, Any] = {"evaluations": 0}

    def watched(name: str) -> Trainer:
        run = trainer(folder / name, SETTINGS, engine)
        evaluate = run.task.evaluate

        def counted(model: torch.nn.Module) -> dict[str, float]:
            seen["evaluations"] += 1
            return evaluate(model)

        run.task.evaluate = counted  # type: ignore[method-assign]
        return run

    whole = watched("whole")
    seen["chances"] = copy.deepcopy(whole.rng).random()
    whole.run({})
    seen |= {"average": whole.average.state_dict(), "best": whole.best, "best_step": whole.best_step}
    broken = watched("broken")
    update = broken.update

    def interrupted() -> float:
        if broken.step == 15:
            raise KeyboardInterrupt
        return update()

    broken.update = interrupted  # type: ignore[method-assign]
    with contextlib.suppress(KeyboardInterrupt):
        broken.run({})
    again = watched("broken")
    again.resume(Checkpoint.load(folder / "broken" / "last.pt"))
    again.run({})
    seen["resumed"] = again.average.state_dict()
    return seen


def main(folder: Path) -> None:
    """Compute all of it; each process leaves ``RANK.pt``."""
    torch.set_num_threads(1)
    engine = engines.choose()
    data = folder / "data"
    found = {model: one_update(data, folder, model, engine) for model in TASKS}
    torch.save({**found, **whole_and_resumed(folder, engine)}, folder / f"{engine.rank}.pt")
    engine.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
