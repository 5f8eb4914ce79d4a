"""Training: it learns, stops and goes on exactly where it stopped."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from models import train
from models.checkpoint import Checkpoint
from models.config import AmtConfig, TrainConfig
from models.data.song import Song
from models.tasks import ChordTask
from models.trainer import Trainer
from stream_v2m.core.errors import ConfigError, ModelContractError

pytestmark = pytest.mark.models

LOOP = np.array([14, 80, 105, 93] * 10)


def songs():
    start = np.arange(len(LOOP), dtype=np.float32)
    return [
        Song("t", split, "major", start, LOOP, float(len(LOOP)), seconds=LOOP, split=split)
        for split in ("train", "val")
    ]


def config(**changes):
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


def trainer(folder, settings):
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    folder.mkdir(exist_ok=True)
    return Trainer(settings, ChordTask(settings, songs(), rng), rng, folder)


@pytest.mark.parametrize("muon", [False, True])
def test_a_loop_of_four_chords_is_learnt(tmp_path, muon):
    trainer(tmp_path / "run", config(muon=muon, matrix_rate=2.0)).run({})
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [20, 40, 60]
    # The loop's last chord may be followed by the end as well.
    assert lines[-1]["hits_1"] > 0.9
    assert lines[-1]["loss"] < lines[0]["loss"] / 2


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path):
    settings = config(steps=20, evaluate_every=10, muon=True)
    whole = trainer(tmp_path / "whole", settings)
    whole.run({})
    broken = trainer(tmp_path / "broken", settings)
    broken.config = settings.model_copy(update={"steps": 10})
    broken.rate = lambda: Trainer.rate(whole_schedule(broken, settings))
    broken.run({})
    again = trainer(tmp_path / "broken", settings)
    again.resume(Checkpoint.load(tmp_path / "broken" / "last.pt"))
    again.run({})
    for name, value in whole.average.state_dict().items():
        assert torch.equal(value, again.average.state_dict()[name]), name


def whole_schedule(trainer, settings):
    """The trainer as the schedule of ``settings`` sees it."""
    copy = object.__new__(Trainer)
    copy.config, copy.step = settings, trainer.step
    return copy


def test_a_run_that_gets_no_better_stops(tmp_path):
    run = trainer(tmp_path / "run", config(steps=400, evaluate_every=10, patience=2, rate=1e-12))
    run.task.evaluate = lambda model: {"score": 1.0}
    run.run({})
    assert run.step == 30


def test_noams_rate_rises_to_its_peak_and_falls_with_the_root_of_the_step(tmp_path):
    run = trainer(tmp_path / "run", config(schedule="noam", rate=1e-3, warmup=10))
    rates = []
    for run.step in (0, 9, 39):
        rates.append(run.rate())
    assert rates == pytest.approx([1e-4, 1e-3, 5e-4])


def test_checkpoints_hold_weights_and_plain_values_only(tmp_path):
    trainer(tmp_path / "run", config(steps=5, evaluate_every=5)).run({"seed": 1, "parent": None})
    found = torch.load(tmp_path / "run" / "best.pt", weights_only=True)
    assert found["provenance"] == {"seed": 1, "parent": None}
    assert Checkpoint.load(tmp_path / "run" / "best.pt").model().config.window == 16


def test_a_missing_checkpoint_is_named_with_the_cure(tmp_path):
    with pytest.raises(ModelContractError, match=r"models\.train"):
        Checkpoint.load(tmp_path / "none.pt")


def test_a_config_with_an_unknown_word_is_refused(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text('model = "amt"\nlearning = 3\n')
    with pytest.raises(ConfigError, match="learning"):
        train.configs.read(path)
    assert train.main(["--config", str(path), "--data", str(path), "--out", str(tmp_path / "o")]) == 2


@pytest.mark.parametrize("name", ["pretrain", "finetune", "dynamics", "paper", "tiny"])
def test_the_configs_that_come_with_the_project_are_valid(name, request):
    train.configs.read(request.config.rootpath / "configs" / "train" / f"{name}.toml")
