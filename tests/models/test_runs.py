"""The table of runs: what differed, how good, how long."""

from __future__ import annotations

import json

import pytest

from models import runs
from models.amt import Amt
from models.checkpoint import Checkpoint
from tests.support.training import config

pytestmark = pytest.mark.models

FIGURES = {"hits_1": 0.5, "hits_3": 0.7, "hits_5": 0.8, "at_changes": 0.1}


def write_run(folder, settings, evaluations, provenance):
    """A run's folder; ``evaluations`` are steps, seconds and cross-entropies."""
    folder.mkdir()
    Checkpoint(settings, Amt(settings.amt).state_dict(), 0, {}, provenance).save(folder / "best.pt")
    lines = [
        {"step": step, "seconds": seconds, "score": score, "cross_entropy": score, **FIGURES}
        for step, seconds, score in evaluations
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture
def folders(tmp_path):
    made = {"parent": None, "data_sha256": {"a": "1"}}
    one = write_run(tmp_path / "one", config(), [(30, 60, 2.0), (60, 120, 1.5)], made)
    wide = {"width": 64, "layers": 1, "heads": 2, "hidden": 64, "window": 16, "dropout": 0.0}
    later = {"parent": {"config": "pretrain"}, "data_sha256": {"a": "1"}}
    two = write_run(tmp_path / "two", config(amt=wide, seed=2), [(20, 300, 1.25), (40, 180, 1.75)], later)
    (tmp_path / "prepared").mkdir()
    return [one, tmp_path / "prepared", two]


def test_a_run_has_its_best_figures_and_what_differs_from_the_first(folders, capsys):
    assert runs.main([str(folder) for folder in folders]) == 0
    heading, _, one, two = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in capsys.readouterr().out.splitlines()
    )
    assert dict(zip(heading, one, strict=True)) == {
        "run": "one", "differs by": "–", "batches": "60", "best at": "60", "minutes": "2", "Hits@1": "0.500",
        "Hits@3": "0.700", "Hits@5": "0.800", "cross-entropy": "1.500", "at changes": "0.100",
    }  # fmt: skip
    found = dict(zip(heading, two, strict=True))
    assert found["differs by"] == "init pretrain, width 64, seed 2"
    assert (found["batches"], found["best at"], found["cross-entropy"]) == ("40 of 60", "20", "1.250")


def test_the_parts_of_a_resumed_run_are_added_up(folders):
    found = runs.read(folders[2])
    assert found is not None
    assert found.seconds == 300 + 180


def test_no_run_at_all_is_the_users_error(tmp_path, capsys):
    assert runs.main([str(tmp_path)]) == 2
    assert "no run here" in capsys.readouterr().err
