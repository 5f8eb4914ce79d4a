"""The evaluation command: models and baselines in one run, by the published protocol."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models import evaluate
from models.data import muvi
from models.data.views import first, whole
from models.metrics import protocol
from models.predict import OnnxPredictor
from stream_v2m.inference.contract import LOGITS, START
from tests.support.muvi_folder import write_muvi

pytestmark = pytest.mark.models

CHORDS = ("C", "C", "F", "G:7", "C", "A:min") * 3


class Oracle:
    """Knows every chord and level, to prove that rows and targets are aligned."""

    def chords(self, sequences):
        found = []
        for sequence in sequences:
            logits = np.zeros((len(sequence.target), LOGITS))
            logits[np.arange(len(sequence.target)), sequence.target] = 30.0
            found.append(logits)
        return found

    def dynamics(self, sequences, *, chords_known=True):
        return [np.nan_to_num(sequence.music) for sequence in sequences]


@pytest.fixture
def data(tmp_path):
    write_muvi(tmp_path, name="001", split="train", chords=CHORDS)
    write_muvi(tmp_path, name="002", split="val", chords=CHORDS)
    return tmp_path


def test_a_model_that_knows_all_scores_one_and_repeating_scores_its_share(data):
    report = evaluate.evaluate([data], "val", Oracle())
    perfect = report["chords"]["model, whole picture"]
    assert (perfect["hits_1"], perfect["hits_5"], perfect["at_changes"]) == (1.0, 1.0, 1.0)
    assert perfect["cross_entropy"] == pytest.approx(0, abs=1e-6)
    before, targets = protocol.protocol_targets(muvi.load_folder(data)[0].by_seconds())
    assert report["chords"]["repeat the last chord"]["hits_1"] == pytest.approx(float(np.mean(before == targets)))
    assert report["dynamics"]["model, whole picture"]["loudness_correlation"] == pytest.approx(1.0)
    assert report["dynamics"]["constant (train mean)"]["loudness_correlation"] == 0.0


def test_the_report_has_every_row_in_one_run(data):
    report = evaluate.evaluate([data], "val", Oracle())
    assert {"repeat the last chord", "bigram", "trigram", "model, picture shuffled in time"} <= report["chords"].keys()
    assert {"ridge on one second", "model, whole picture, chords unknown"} <= report["dynamics"].keys()


def test_shuffling_moves_pictures_and_keeps_chords(data):
    sequence = whole(muvi.load_folder(data)[0])
    moved = evaluate.shuffled(sequence, np.random.default_rng(0))
    assert not np.array_equal(moved.features, sequence.features)
    assert sorted(moved.features.sum(axis=1)) == pytest.approx(sorted(sequence.features.sum(axis=1)))
    assert np.array_equal(moved.target, sequence.target)


def test_the_command_judges_the_shipped_weights_and_writes_a_report(data, tmp_path, capsys):
    out = tmp_path / "report.json"
    assert evaluate.main(["--data", str(data), "--split", "val", "--report", str(out)]) == 0
    report = json.loads(out.read_text())
    assert report["songs"] == 1 and len(report["models"]) == 2
    assert "hits_1" in capsys.readouterr().out


def test_a_split_without_songs_is_the_users_error(data, capsys):
    assert evaluate.main(["--data", str(data), "--split", "test"]) == 2
    assert "no song of this split" in capsys.readouterr().err


def test_sessions_of_different_length_in_one_batch_do_not_change_each_other(data):
    short, long = (whole(song) for song in muvi.load_folder(data))
    short = first(short, 5)
    predictor = OnnxPredictor(None, None)
    together, alone = predictor.chords([short, long])[0], predictor.chords([short])[0]
    assert together.shape == (5, LOGITS) and short.previous[0] == START
    assert together == pytest.approx(alone, abs=1e-3)
