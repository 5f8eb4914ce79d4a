"""Which provider is taken, and what is said where it is not."""

from types import SimpleNamespace

import onnxruntime
import pytest

from stream_v2m.core.errors import ConfigError, ModelContractError
from stream_v2m.core.state import GraphState
from stream_v2m.inference.providers import PROVIDERS, chosen, compare, cure_for, prepare, short_of, with_options

pytestmark = pytest.mark.unit

CPU, CUDA, TRT, COREML, DML, OPENVINO = (
    PROVIDERS[name] for name in ("cpu", "cuda", "tensorrt", "coreml", "directml", "openvino")
)
AZURE = "AzureExecutionProvider"  # in every package of onnxruntime; not for us


@pytest.fixture
def having(monkeypatch):
    """An onnxruntime that has these providers."""

    def have(*names: str) -> None:
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(names))

    return have


@pytest.mark.parametrize(
    ("available", "best"),
    [
        ([AZURE, CPU], "cpu"),
        ([TRT, CUDA, CPU], "cuda"),
        ([COREML, AZURE, CPU], "coreml"),
        ([DML, CPU], "directml"),
        ([OPENVINO, CPU], "openvino"),
        ([TRT, CPU], "cpu"),
    ],
)
def test_auto_takes_the_best_that_the_package_has_and_leaves_small_graphs_on_the_cpu(available: list[str], best: str):
    assert chosen("auto", available) == best
    assert chosen("auto", available, small=True) == "cpu"


def test_what_is_asked_for_by_name_is_tried_even_where_it_is_not():
    assert chosen("cuda", [CPU], small=True) == "cuda"
    assert chosen(CUDA, [CPU]) == "cuda"
    assert chosen("QNNExecutionProvider", [CPU]) == "QNNExecutionProvider"


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"gpu: no such provider, expected auto, cpu, cuda"):
        chosen("gpu", [CPU])


def test_a_session_is_asked_for_what_there_is_the_cpu_at_last():
    assert [name for name, _ in with_options("tensorrt", [TRT, CUDA, CPU])] == [TRT, CUDA, CPU]
    assert [name for name, _ in with_options("cuda", [TRT, CUDA, CPU])] == [CUDA, CPU]
    assert [name for name, _ in with_options("cuda", [AZURE, CPU])] == [CPU]
    assert dict(with_options("tensorrt", [TRT, CUDA, CPU]))[TRT]["trt_fp16_enable"] == "1"


def test_nothing_is_said_of_a_graph_that_runs_where_it_should(having):
    having(CUDA, CPU)
    assert short_of("clip", "auto", "cuda") is None
    assert short_of("amt", "auto", "cpu", small=True) is None
    assert short_of("amt", "cpu", "cpu") is None


@pytest.mark.parametrize(
    ("available", "asked", "cure"),
    [
        ([CPU], "cuda", r"stream_v2m\[gpu\]"),
        ([CUDA, CPU], "cuda", r"driver of your GPU and CUDA 13\.x with cuDNN 9: .*onnxruntime-gpu\[cuda,cudnn\]"),
        ([CUDA, CPU], "auto", r"CUDA 13\.x"),
        ([TRT, CUDA, CPU], "tensorrt", "TensorRT too"),
        ([CPU], "directml", "onnxruntime-directml"),
        ([CPU], "openvino", "onnxruntime-openvino"),
        ([CPU], "coreml", "macOS"),
        ([COREML, CPU], "coreml", "driver or libraries"),
    ],
)
def test_of_a_graph_that_runs_elsewhere_the_cure_is_said(having, monkeypatch, available, asked: str, cure: str):
    having(*available)
    monkeypatch.setattr(onnxruntime, "cuda_version", "13.0", raising=False)
    error = short_of("clip", asked, "cpu")
    assert error is not None
    with pytest.raises(ModelContractError, match=rf"clip: does not run on .*, got cpu, expected {asked}; .*{cure}"):
        raise error


def test_an_onnxruntime_that_does_not_say_its_cuda_is_taken_for_one_of_cuda_12():
    assert "CUDA 12.x" in cure_for("cuda", SimpleNamespace(get_available_providers=lambda: [CUDA, CPU]))


def test_strict_refuses_what_is_else_a_warning(having):
    having(CPU)
    graphs, short = compare({"amt": "cpu", "dynamics": "cpu"}, "cuda", strict=False)
    assert graphs == (GraphState("amt", "cuda", "cpu"), GraphState("dynamics", "cuda", "cpu"))
    assert [error.where for error in short] == ["amt", "dynamics"]
    with pytest.raises(ModelContractError, match="amt: does not run on cuda"):
        compare({"amt": "cpu", "dynamics": "cpu"}, "cuda", strict=True)
    assert compare({"amt": "cpu"}, "auto", strict=True) == ((GraphState("amt", "auto", "cpu"),), ())


@pytest.mark.parametrize(("version", "name", "calls"), [("13.0", "cuda", 1), ("", "cuda", 0), ("13.0", "cpu", 0)])
def test_libraries_are_loaded_only_by_a_package_built_with_cuda_and_only_for_it(version: str, name: str, calls: int):
    called: list[bool] = []
    prepare(name, SimpleNamespace(cuda_version=version, preload_dlls=lambda: called.append(True)))
    assert len(called) == calls


def test_an_older_onnxruntime_has_nothing_to_load_them_with():
    prepare("cuda", SimpleNamespace(cuda_version="12.4"))
