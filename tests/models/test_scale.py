"""Many processes: two with half a batch each learn what one learns with the whole, on gloo, for real."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from models.checkpoint import Checkpoint
from models.engine import Alone, chances, choose
from models.trainer import Trainer
from stream_v2m.core.errors import ConfigError
from tests.support.require import missing
from tests.support.training import config, trainer
from tests.support.two_processes import TASKS, one_update, write_songs

pytestmark = pytest.mark.models

# Sums in another order, in float32; Muon's five iterations are in bfloat16.
GRADIENT_TOLERANCE = 1e-6
WEIGHT_TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes left."""
    if importlib.util.find_spec("accelerate") is None:
        missing("the extra `scale` (Accelerate) is not installed")
    folder = tmp_path_factory.mktemp("two")
    write_songs(folder / "data")
    root = Path(__file__).parents[2]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    subprocess.run(
        [*launcher, "-m", "tests.support.two_processes", str(folder)],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)},
        check=True,
        timeout=120,
    )
    return folder


@pytest.fixture(scope="module")
def both(folder):
    """What each process saw."""
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in (0, 1)]


@pytest.mark.parametrize("model", TASKS)
def test_two_processes_with_half_a_batch_each_have_the_gradients_of_one_with_the_whole(folder, both, model):
    alone = one_update(folder / "data", folder, model, Alone())
    for name, value in alone.items():
        tolerance = GRADIENT_TOLERANCE if name.startswith("gradient") else WEIGHT_TOLERANCE
        assert torch.equal(both[0][model][name], both[1][model][name]), name
        assert torch.allclose(both[0][model][name], value, atol=tolerance, rtol=tolerance), name
    assert any(value.abs().max() > 1e-2 for name, value in alone.items() if name.startswith("gradient"))


def test_each_process_draws_sequences_of_its_own(both):
    assert both[0]["chances"] != both[1]["chances"]
    assert both[0]["chances"] == chances(Alone(), config().seed).random()


def test_weights_and_averages_are_the_same_in_every_process(both):
    for name, value in both[0]["average"].items():
        assert torch.equal(value, both[1]["average"][name]), name


def test_only_the_first_process_evaluates_and_all_know_what_it_found(both):
    assert (both[0]["evaluations"], both[1]["evaluations"]) == (4, 0)
    assert (both[0]["best"], both[0]["best_step"]) == (both[1]["best"], both[1]["best_step"])


def test_a_run_of_two_processes_goes_on_exactly_where_it_was_interrupted(both):
    for name, value in both[0]["average"].items():
        assert torch.equal(value, both[0]["resumed"][name]), name


def test_a_checkpoint_of_two_processes_is_gone_on_with_by_one(folder, tmp_path):
    run = trainer(tmp_path / "run", config(steps=22, evaluate_every=2, muon=True))
    run.resume(Checkpoint.load(folder / "whole" / "last.pt"))
    run.run({})
    assert run.step == 22


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path):
    engine = Alone()
    engine.processes = 3
    settings = config(batch=4)
    task = trainer(tmp_path / "run", settings).task
    with pytest.raises(ConfigError, match="a multiple of 3"):
        Trainer(settings, task, task.views.rng, tmp_path, engine)


def test_a_launcher_without_accelerate_is_told_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(ConfigError, match=r"\[scale\]"):
        choose()
    monkeypatch.delenv("LOCAL_RANK")
    assert isinstance(choose(), Alone)
