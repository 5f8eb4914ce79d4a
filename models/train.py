"""Train a model: ``python -m models.train --config configs/train/X.toml --data FILE… --out runs/X``.

Started by ``accelerate launch`` or ``torchrun``, many processes share the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from models import config as configs
from models import engine as engines
from models.baselines.paper_task import PaperTask
from models.checkpoint import Checkpoint
from models.conditions import ConditionEncoder
from models.data import corpus
from models.data.song import Song
from models.dynamics_task import DynamicsTask
from models.engine import Engine
from models.provenance import of_training
from models.tasks import ChordTask, Task
from models.trainer import Trainer
from stream_v2m.core.errors import StreamV2MError

_TASKS: dict[str, Callable[[configs.TrainConfig, list[Song], np.random.Generator], Task]] = {
    "amt": ChordTask,
    "dynamics": DynamicsTask,
    "paper": PaperTask,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when the input is wrong."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the run, a file of configs/train/")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="MuVi-Sync and chord data, by path")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and metrics")
    parser.add_argument("--init", type=Path, help="begin with this checkpoint's weights")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt in --out")
    options = parser.parse_args(arguments)
    try:
        engine = engines.choose()
        try:
            _train(options, engine)
        finally:
            engine.close()
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _train(options: argparse.Namespace, engine: Engine) -> None:
    config = configs.read(options.config)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    rng = engines.chances(engine, config.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    songs = corpus.load(options.data, cache=options.out.parent / "prepared")
    if engine.rank == 0:
        print(f"{len(songs)} songs", flush=True)
    task = _TASKS[config.model](config, songs, rng)
    trainer = Trainer(config, task, rng, options.out, engine)
    parent = None
    if options.resume:
        trainer.resume(Checkpoint.load(options.out / "last.pt"))
    elif options.init is not None:
        parent = Checkpoint.load(options.init)
        trainer.begin_from(parent)
    else:
        fit_conditions(task, songs)
        trainer.average.load_state_dict(trainer.model.state_dict())
    trainer.run(
        of_training(
            config_file=options.config,
            config=config,
            data=options.data,
            songs=songs,
            folder=options.out,
            processes=engine.processes,
            init=options.init,
            parent=parent,
        )
    )


def fit_conditions(task: Task, songs: list[Song]) -> None:
    """Take the picture's normalisation from the training songs."""
    features = [
        song.picture.features(np.arange(0, len(song.picture.rest), 4))
        for song in songs
        if song.picture is not None and song.split == "train"
    ]
    encoder = dict(task.model.named_children()).get("conditions")
    if features and isinstance(encoder, ConditionEncoder):
        encoder.fit(torch.from_numpy(np.concatenate(features)))


if __name__ == "__main__":
    sys.exit(main())
