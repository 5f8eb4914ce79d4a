"""Opening model files: what can be wrong, and what is said then."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference import runtime
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel

pytestmark = pytest.mark.unit


def test_a_missing_file_is_named_with_the_cure(tmp_path):
    with pytest.raises(ModelContractError, match=r"none\.onnx.*python -m export"):
        runtime.open_session(tmp_path / "none.onnx")


def test_a_broken_file_is_refused(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(ModelContractError, match="cannot open"):
        runtime.open_session(path)


def test_without_onnxruntime_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelContractError, match=r"stream_v2m\[cpu\]"):
        Decoder.open()


def test_a_shipped_file_that_was_altered_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "weights"
    shutil.copytree(runtime.weights_folder(), folder)
    monkeypatch.setattr(runtime, "weights_folder", lambda: folder)
    runtime.open_session(folder / "dynamics.onnx")
    with (folder / "dynamics.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelContractError, match="not the one that was shipped"):
        runtime.open_session(folder / "dynamics.onnx")


def test_a_shipped_file_without_an_entry_in_the_manifest_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "weights"
    shutil.copytree(runtime.weights_folder(), folder)
    (folder / "manifest.json").write_text(json.dumps({"sha256": {}}))
    monkeypatch.setattr(runtime, "weights_folder", lambda: folder)
    with pytest.raises(ModelContractError, match="an entry in"):
        runtime.open_session(folder / "dynamics.onnx")


def test_one_model_is_not_taken_for_the_other():
    folder = runtime.weights_folder()
    with pytest.raises(ModelContractError, match="expected amt"):
        Decoder.open(folder / "dynamics.onnx")
    with pytest.raises(ModelContractError, match="expected dynamics"):
        DynamicsModel.open(folder / "amt.onnx")


def test_a_file_of_another_contract_is_refused(monkeypatch):
    monkeypatch.setattr(runtime, "metadata_version", lambda: "99.1")
    with pytest.raises(ModelContractError, match="another contract"):
        DynamicsModel.open()


def test_the_provider_that_is_used_is_the_one_that_is_told():
    assert DynamicsModel.open(provider="cpu").provider == "cpu"
    # This machine may lack CUDA: then ONNX Runtime silently gives the CPU, and the status must say so.
    assert DynamicsModel.open(provider="cuda").provider in ("cpu", "cuda")
