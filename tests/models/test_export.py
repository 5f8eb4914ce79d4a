"""Export: torch whole, torch by steps and ONNX by steps are one model; what ships is what the manifest says."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import onnx
import pytest
import torch

from export import __main__ as command
from export import verify
from models.amt import Amt
from models.checkpoint import Checkpoint
from models.config import AmtConfig, DynamicsConfig, TrainConfig
from models.dynamics import Dynamics
from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference.decoder import Decoder

pytestmark = pytest.mark.models

SMALL = TrainConfig(
    amt=AmtConfig(width=32, layers=2, heads=2, hidden=64, window=8, dropout=0.1),
    dynamics=DynamicsConfig(width=16, hidden=24, layers=2),
)
PROVENANCE = {"command": "python -m models.train", "seed": 1}


def checkpoint(folder, model):
    """A checkpoint of a random small model, with weights large enough for differences to show."""
    torch.manual_seed(3)
    config = SMALL.model_copy(update={"model": model})
    made = Amt(config.amt) if model == "amt" else Dynamics(config.dynamics)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    path = folder / f"{model}.pt"
    Checkpoint(config, made.state_dict(), 7, {"score": 1.0}, PROVENANCE).save(path)
    return path


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    source = tmp_path_factory.mktemp("runs")
    paths = [str(checkpoint(source, model)) for model in ("amt", "dynamics")]
    assert command.main([*paths, "--out", str(folder)]) == 0
    return source, folder


def test_the_transformer_is_one_model_in_three_forms_over_three_windows(shipped):
    source, folder = shipped
    model = Checkpoint.load(source / "amt.pt").model()
    parity = verify.amt_parity(model, folder / "amt.onnx", seed=5)
    assert parity.steps > 3 * model.config.window
    parity.check(verify.LOGIT_TOLERANCE, folder)


def test_the_gru_is_one_model_in_three_forms(shipped):
    source, folder = shipped
    model = Checkpoint.load(source / "dynamics.pt").model()
    verify.dynamics_parity(model, folder / "dynamics.onnx", count=100, seed=5).check(verify.LEVEL_TOLERANCE, folder)


def test_the_manifest_has_the_hash_of_each_file(shipped):
    _, folder = shipped
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("amt.onnx", "dynamics.onnx"):
        assert manifest["sha256"][name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_a_file_says_what_it_is_and_what_it_was_made_from(shipped):
    decoder = Decoder.open(shipped[1] / "amt.onnx")
    assert decoder.provenance == {**PROVENANCE, "step": 7, "val": {"score": 1.0}}
    vocabulary = json.loads(decoder.metadata["vocabulary"])
    assert (len(vocabulary), vocabulary[0], vocabulary[14]) == (157, "N", "C#:maj")
    assert decoder.window == 8


def test_a_file_tells_nothing_of_the_machine_that_made_it(shipped):
    graph = onnx.load(shipped[1] / "amt.onnx")
    assert b"/home" not in graph.SerializeToString()
    assert not [node for node in graph.graph.node if node.metadata_props or node.doc_string]


def test_weights_that_changed_on_the_way_are_refused(shipped):
    source, folder = shipped
    model = Checkpoint.load(source / "amt.pt").model()
    with torch.no_grad():
        model.head.bias += 0.1
    with pytest.raises(ModelContractError, match="not the model"):
        verify.amt_parity(model, folder / "amt.onnx").check(verify.LOGIT_TOLERANCE, folder)


def test_a_checkpoint_that_is_not_there_is_the_users_error(tmp_path, capsys):
    assert command.main([str(tmp_path / "none.pt"), "--out", str(tmp_path)]) == 2
    assert "no checkpoint" in capsys.readouterr().err


def test_any_batch_runs_through_one_file(shipped):
    decoder = Decoder.open(shipped[1] / "amt.onnx")
    _, steps = verify.random_steps(3, 1)
    for batch in (1, 2, 3):
        assert decoder.step(steps[:batch], decoder.start(batch)).shape == (batch, 159)


def test_the_graph_returns_the_new_column_and_never_the_rings(shipped):
    outputs = {value.name: value for value in onnx.load(shipped[1] / "amt.onnx").graph.output}
    sizes = [dim.dim_value for dim in outputs["column"].type.tensor_type.shape.dim]
    assert set(outputs) == {"logits", "column"}
    assert int(np.prod(sizes[1:])) == 2 * SMALL.amt.layers * SMALL.amt.width
