"""Export: torch whole, torch by steps and ONNX by steps are one model, int8 near it; the manifest tells what ships."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import onnx
import pytest
import torch

from export import __main__ as command
from export import verify
from export.quantize import WEIGHT_LIMIT, quantize
from models.amt import Amt
from models.checkpoint import Checkpoint
from models.config import AmtConfig, DynamicsConfig, TrainConfig
from models.dynamics import Dynamics
from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference.contract import PAD
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
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for model in ("amt", "dynamics"):
        checkpoint(folder, model)
    return folder


@pytest.fixture(scope="module")
def shipped(source, tmp_path_factory):
    """What the command makes by default: the transformer in int8, the GRU in float32."""
    folder = tmp_path_factory.mktemp("weights")
    assert command.main([str(source / "amt.pt"), str(source / "dynamics.pt"), "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def full(source, tmp_path_factory):
    """The transformer in float32."""
    folder = tmp_path_factory.mktemp("float32")
    assert command.main([str(source / "amt.pt"), "--out", str(folder), "--weights", "float32"]) == 0
    return folder / "amt.onnx"


def test_the_transformer_is_one_model_in_three_forms_over_three_windows(source, full):
    model = Checkpoint.load(source / "amt.pt").model()
    parity = verify.amt_parity(model, full, seed=5)
    assert parity.steps > 3 * model.config.window
    parity.check(verify.LOGIT_TOLERANCE, full)


def test_int8_weights_stay_within_their_tolerance_of_float32_over_three_windows(full, shipped):
    difference = verify.int8_difference(full, shipped / "amt.onnx", seed=5)
    assert 0 < difference <= verify.INT8_TOLERANCE


def altered(path, target, change):
    """``path`` with the trained weights that ``change`` gives, name and array to array."""
    graph = onnx.load(path)
    for value in graph.graph.initializer:
        if value.name.startswith("model."):
            value.CopyFrom(
                onnx.numpy_helper.from_array(change(value.name, onnx.numpy_helper.to_array(value)), value.name)
            )
    onnx.save(graph, target)


def test_int8_weights_that_are_another_models_are_refused(full, tmp_path):
    other, int8 = tmp_path / "other.onnx", tmp_path / "int8.onnx"
    altered(full, other, lambda name, array: array + np.float32(name == "model.head.bias"))
    quantize(other, int8)
    with pytest.raises(ModelContractError, match="not the model"):
        verify.check(verify.int8_difference(full, int8), verify.INT8_TOLERANCE, int8)


def test_int8_gives_the_same_bits_again_alone_and_in_any_company(shipped):
    decoder = Decoder.open(shipped / "amt.onnx")
    _, steps = verify.random_steps(20, 1)
    _, loud = verify.random_steps(20, 2)
    for step in loud:
        step.features[:] *= 100  # one scale for the whole batch would drown the quiet row

    def run(company):
        state = decoder.start(1 + len(company))
        return np.stack(
            [decoder.step([step, *others], state)[0] for step, *others in zip(steps, *company, strict=True)]
        )

    alone = run([])
    assert np.array_equal(alone, run([]))
    assert run([loud, loud]) == pytest.approx(alone, abs=1e-3)


def test_int8_is_finite_at_step_one_hundred_thousand(shipped):
    decoder = Decoder.open(shipped / "amt.onnx")
    _, steps = verify.random_steps(3 * decoder.window, 1)
    state = decoder.start()
    state.position[:] = 100_000
    assert all(np.isfinite(decoder.step([step], state)).all() for step in steps)


def test_int8_products_cannot_saturate_where_a_processor_adds_pairs_in_16_bits(shipped):
    graph = onnx.load(shipped / "amt.onnx").graph
    matrices = [onnx.numpy_helper.to_array(x) for x in graph.initializer if x.data_type == onnx.TensorProto.INT8]
    assert len(matrices) == 2 + 4 * SMALL.amt.layers
    greatest = max(int(np.abs(matrix.astype(int)).max()) for matrix in matrices)
    assert greatest == WEIGHT_LIMIT
    assert 2 * 255 * greatest < 2**15
    assert "Gemm" not in {node.op_type for node in graph.node}


def test_a_layer_and_a_row_of_zeros_are_no_division_by_zero(full, tmp_path):
    zero, int8 = tmp_path / "zero.onnx", tmp_path / "int8.onnx"
    altered(full, zero, lambda name, array: array if name.endswith("scale") else np.zeros_like(array))
    quantize(zero, int8)
    decoder = Decoder.open(int8)
    _, steps = verify.random_steps(1, 1)
    assert not decoder.step(steps, decoder.start())[:, :PAD].any()


def test_the_gru_is_one_model_in_three_forms(source, shipped):
    model = Checkpoint.load(source / "dynamics.pt").model()
    verify.dynamics_parity(model, shipped / "dynamics.onnx", count=100, seed=5).check(verify.LEVEL_TOLERANCE, shipped)


def test_the_manifest_has_the_hash_of_each_file_and_its_kind_of_weights(shipped):
    manifest = json.loads((shipped / "manifest.json").read_text())
    for name in ("amt.onnx", "dynamics.onnx"):
        assert manifest["sha256"][name] == hashlib.sha256((shipped / name).read_bytes()).hexdigest()
    assert manifest["weights"] == {"amt.onnx": "int8", "dynamics.onnx": "float32"}


def test_a_file_says_what_it_is_and_what_it_was_made_from(shipped, full):
    decoder = Decoder.open(shipped / "amt.onnx")
    assert (decoder.metadata["weights"], Decoder.open(full).metadata["weights"]) == ("int8", "float32")
    assert decoder.provenance == {**PROVENANCE, "step": 7, "val": {"score": 1.0}}
    vocabulary = json.loads(decoder.metadata["vocabulary"])
    assert (len(vocabulary), vocabulary[0], vocabulary[14]) == (157, "N", "C#:maj")
    assert decoder.window == 8


def test_a_file_tells_nothing_of_the_machine_that_made_it(shipped):
    graph = onnx.load(shipped / "amt.onnx")
    assert b"/home" not in graph.SerializeToString()
    assert not [node for node in graph.graph.node if node.metadata_props or node.doc_string]


def test_weights_that_changed_on_the_way_are_refused(source, full):
    model = Checkpoint.load(source / "amt.pt").model()
    with torch.no_grad():
        model.head.bias += 0.1
    with pytest.raises(ModelContractError, match="not the model"):
        verify.amt_parity(model, full).check(verify.LOGIT_TOLERANCE, full)


def test_a_checkpoint_that_is_not_there_is_the_users_error(tmp_path, capsys):
    assert command.main([str(tmp_path / "none.pt"), "--out", str(tmp_path)]) == 2
    assert "no checkpoint" in capsys.readouterr().err


def test_any_batch_runs_through_one_file(shipped):
    decoder = Decoder.open(shipped / "amt.onnx")
    _, steps = verify.random_steps(3, 1)
    for batch in (1, 2, 3):
        assert decoder.step(steps[:batch], decoder.start(batch)).shape == (batch, 159)


def test_the_graph_returns_the_new_column_and_never_the_rings(shipped):
    outputs = {value.name: value for value in onnx.load(shipped / "amt.onnx").graph.output}
    sizes = [dim.dim_value for dim in outputs["column"].type.tensor_type.shape.dim]
    assert set(outputs) == {"logits", "column"}
    assert int(np.prod(sizes[1:])) == 2 * SMALL.amt.layers * SMALL.amt.width
