"""Training: it learns, stops and goes on exactly where it stopped."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from models import train
from models.baselines.paper_task import PaperTask
from models.batches import stack
from models.checkpoint import Checkpoint
from models.data import muvi
from models.dynamics_task import DynamicsTask
from models.engine import Alone
from models.tasks import ChordTask
from models.trainer import Trainer
from stream_v2m.core.errors import ConfigError, ModelContractError
from tests.support.muvi_folder import write_muvi
from tests.support.training import PAPER, config, trainer

pytestmark = pytest.mark.models


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


def test_a_new_run_in_an_old_folder_begins_a_new_log(tmp_path):
    for _ in range(2):
        trainer(tmp_path / "run", config(steps=10, evaluate_every=5)).run({})
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [5, 10]


def test_a_resumed_run_forgets_what_was_logged_after_its_checkpoint(tmp_path):
    trainer(tmp_path / "run", config(steps=10, evaluate_every=5)).run({})
    with (tmp_path / "run" / "metrics.jsonl").open("a") as log:
        log.write('{"step": 15, "score": 1}\n')
    again = trainer(tmp_path / "run", config(steps=20, evaluate_every=10))
    again.resume(Checkpoint.load(tmp_path / "run" / "last.pt"))
    again.run({})
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [5, 10, 20]


def test_losses_make_no_tensor_on_another_device_than_their_batchs(tmp_path):
    write_muvi(tmp_path, name="001", split="train", chords=("C", "F", "G", "A:min") * 5)
    songs = muvi.load_folder(tmp_path)
    for model, make in (("amt", ChordTask), ("dynamics", DynamicsTask), ("paper", PaperTask)):
        settings = config(model=model, label_smoothing=0.1, shares={"muvi": 1.0}, paper=PAPER)
        task = make(settings, songs, np.random.default_rng(0))
        task.model.to("meta")
        batch = stack([task.views.draw()], torch.device("meta"))
        assert task.loss(batch, Alone().mean).device.type == "meta"


@pytest.mark.parametrize("name", ["pretrain", "finetune", "dynamics", "paper", "tiny", "tiny-dynamics"])
def test_the_configs_that_come_with_the_project_are_valid(name, request):
    train.configs.read(request.config.rootpath / "configs" / "train" / f"{name}.toml")
