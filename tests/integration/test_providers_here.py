"""Providers and bound buffers on the real onnxruntime, with a graph of a few operators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from stream_v2m.config import Config
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.table import parse_command
from stream_v2m.core.errors import ConfigError, ModelContractError
from stream_v2m.core.state import GraphState, State
from stream_v2m.core.worker import InlineWorker
from stream_v2m.inference.binding import Runner
from stream_v2m.inference.providers import PROVIDERS, short_of
from stream_v2m.inference.runtime import open_session, provider_of
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig

onnx = pytest.importorskip("onnx", reason="graphs are made with onnx, of the [train] extra")

pytestmark = pytest.mark.integration

HERE = onnxruntime.get_available_providers()
WITHOUT_CUDA = pytest.mark.skipif(PROVIDERS["cuda"] in HERE, reason="this onnxruntime has CUDA")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """y = 2 x + z over rows of three, and a second output."""
    helper, shape = onnx.helper, ["rows", 3]
    values = {name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("x", "z", "y", "d")}
    nodes = [helper.make_node("Add", ["x", "x"], ["d"]), helper.make_node("Add", ["d", "z"], ["y"])]
    made = helper.make_graph(nodes, "tiny", [values["x"], values["z"]], [values["y"], values["d"]])
    path = tmp_path_factory.mktemp("graph") / "tiny.onnx"
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


@WITHOUT_CUDA
@pytest.mark.parametrize("asked", ["cuda", "tensorrt", "openvino", "directml", "CUDAExecutionProvider"])
def test_a_provider_that_is_not_here_leaves_the_cpu_and_something_to_say(graph: Path, asked: str, capfd):
    session = open_session(graph, provider=asked)
    assert provider_of(session) == "cpu"
    assert session.run(["y"], {"x": np.ones((1, 3), np.float32), "z": np.ones((1, 3), np.float32)})[0].tolist() == [
        [3, 3, 3]
    ]
    error = short_of("tiny", asked, provider_of(session))
    assert isinstance(error, ModelContractError) and error.cure
    assert capfd.readouterr() == ("", "")


def test_auto_runs_on_something(graph: Path):
    session = open_session(graph, provider="auto", small=True)
    assert provider_of(session) == "cpu" and short_of("tiny", "auto", "cpu", small=True) is None


def test_threads_are_as_many_as_asked_and_do_not_spin(graph: Path):
    options = open_session(graph, provider="cpu", threads=2).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_device_that_fails_to_start_gives_way_to_the_cpu(graph: Path, monkeypatch):
    real = onnxruntime.InferenceSession

    def failing(path, options, providers, **rest):
        if providers[0][0] != PROVIDERS["cpu"]:
            raise RuntimeError("no kernel image is available")
        return real(path, options, providers=providers, **rest)

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [PROVIDERS["cuda"], PROVIDERS["cpu"]])
    monkeypatch.setattr(onnxruntime, "InferenceSession", failing)
    assert provider_of(open_session(graph, provider="cuda")) == "cpu"


def test_bound_buffers_give_what_a_plain_run_gives_again_and_again_and_when_shapes_change(graph: Path):
    session = open_session(graph, provider="cpu")
    plain, bound = Runner(session), Runner(session, device="cpu")
    rng = np.random.default_rng(0)
    for rows in (1, 1, 4, 4, 1):
        fed = {name: rng.random((rows, 3), np.float32) for name in ("x", "z")}
        for outputs in (["y"], ["d", "y"]):
            for one, other in zip(plain(outputs, fed), bound(outputs, fed), strict=True):
                np.testing.assert_array_equal(one, other)


def session_of(*settings: str) -> Session:
    film = Film(SourceConfig(), seed=0, seconds=4.0, rate_hz=10.0)
    return Session(
        Config.load(assignments=settings), film, Outputs(), clock=VirtualClock(), worker=lambda name: InlineWorker()
    )


def played(*settings: str) -> State:
    async def play() -> State:
        session = session_of(*settings)
        await session.run()
        return session.board.state

    return run_virtual(play())


@WITHOUT_CUDA
def test_asked_for_cuda_without_cuda_a_performance_says_so_and_plays_on():
    state = played("models.provider=cuda")
    assert state.graphs == (GraphState("amt", "cuda", "cpu"), GraphState("dynamics", "cuda", "cpu"))
    assert all("does not run on cuda, got cpu" in notice for notice in state.notices) and len(state.notices) == 2
    assert state.step > 1


@WITHOUT_CUDA
def test_strictly_asked_for_cuda_without_cuda_it_does_not_begin_and_names_the_cure():
    with pytest.raises(ModelContractError, match=r"amt: does not run on cuda.*stream_v2m\[gpu\]"):
        session_of("models.provider=cuda", "models.strict_provider=true")


def test_by_default_nothing_is_said_and_the_colours_speak():
    state = played()
    assert state.notices == () and state.provider == "cpu"
    (color,) = state.estimators
    assert (color.name, color.share, color.age) == ("color", 1.0, 0.0)
    assert not state.semantics


def test_an_estimator_that_is_not_there_cannot_be_chosen_live(monkeypatch, tmp_path):
    monkeypatch.setattr("stream_v2m.inference.clip_files.data_folder", lambda: tmp_path)
    session = session_of()
    for name in ("clip:none", "klip"):
        with pytest.raises(ConfigError):
            session.command(parse_command("set_affect", {"estimator": name}))
