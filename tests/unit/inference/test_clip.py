"""CLIP exports at run time: what they say of a picture, and which files are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference.clip import EMBEDDING, ClipEncoder
from stream_v2m.inference.clip_files import card_path
from tests.support.clip import write_export

pytestmark = pytest.mark.unit

RED = np.full((31, 57, 3), (255, 0, 0), np.uint8)
BLUE = np.full((31, 57, 3), (0, 0, 255), np.uint8)


def test_a_picture_of_any_size_gives_an_embedding_and_six_probabilities(tmp_path):
    encoder = ClipEncoder.open(write_export(tmp_path / "a.onnx"))
    red, blue = encoder.encode(RED), encoder.encode(BLUE[:7, :9])
    assert red.embedding == pytest.approx([1, 0, 0]) and blue.embedding == pytest.approx([0, 0, 1])
    assert red.probabilities.sum() == pytest.approx(1)
    assert EMOTIONS[int(red.probabilities.argmax())] == "exciting" and red.probabilities[0] > 0.99
    assert blue.probabilities == pytest.approx(1 / 6)
    assert red.semantics is None and blue.semantics is None


def test_only_an_export_with_a_projection_gives_semantics(tmp_path):
    encoder = ClipEncoder.open(write_export(tmp_path / "a.onnx", semantics=True))
    semantics = encoder.encode(RED).semantics
    assert encoder.info.semantics
    assert semantics is not None and semantics.shape == (384,) and semantics == pytest.approx(1)


def test_a_batch_is_as_its_pictures_one_by_one(tmp_path):
    encoder = ClipEncoder.open(write_export(tmp_path / "a.onnx"))
    found = encoder.encode_batch(np.stack([RED, BLUE]))[EMBEDDING]
    assert found == pytest.approx(np.stack([encoder.encode(RED).embedding, encoder.encode(BLUE).embedding]))


def test_the_provider_that_is_used_is_told(tmp_path):
    assert ClipEncoder.open(write_export(tmp_path / "a.onnx"), provider="cpu").provider == "cpu"


def test_a_file_that_was_altered_is_refused(tmp_path):
    path = write_export(tmp_path / "a.onnx")
    with path.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelContractError, match="not the file that its card describes"):
        ClipEncoder.open(path)


def test_a_file_without_its_card_is_refused_with_the_cure(tmp_path):
    path = write_export(tmp_path / "a.onnx")
    card_path(path).unlink()
    with pytest.raises(ModelContractError, match="python -m export clip"):
        ClipEncoder.open(path)


def test_a_card_that_is_none_is_refused(tmp_path):
    path = write_export(tmp_path / "a.onnx")
    card_path(path).write_text(json.dumps({"model": "x"}))
    with pytest.raises(ModelContractError, match="no card"):
        ClipEncoder.open(path)


def test_a_card_whose_file_is_gone_says_so(tmp_path):
    path = write_export(tmp_path / "a.onnx")
    path.unlink()
    with pytest.raises(ModelContractError, match="no such model file"):
        ClipEncoder.open(path)


def test_an_export_of_another_contract_is_refused(tmp_path):
    with pytest.raises(ModelContractError, match="another contract"):
        ClipEncoder.open(write_export(tmp_path / "a.onnx", contract="99"))
