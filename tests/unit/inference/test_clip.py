"""CLIP exports at run time: what they say of a picture, and which files are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference.clip import EMBEDDING, ClipEncoder
from stream_v2m.inference.clip_files import card_path
from tests.support.clip import write_clip

pytestmark = pytest.mark.unit

RED = np.full((31, 57, 3), (255, 0, 0), np.uint8)
BLUE = np.full((31, 57, 3), (0, 0, 255), np.uint8)


def test_a_picture_of_any_size_gives_an_embedding_and_six_probabilities(tmp_path):
    encoder = ClipEncoder.open(write_clip(tmp_path, "a"))
    red, blue = encoder.encode(RED), encoder.encode(BLUE[:7, :9])
    assert red.embedding == pytest.approx([1, 0, 0]) and blue.embedding == pytest.approx([0, 0, 1])
    for each in (red, blue):
        assert each.probabilities.shape == (6,) and each.probabilities.sum() == pytest.approx(1)
        assert each.semantics is None
    assert red.probabilities != pytest.approx(blue.probabilities, abs=0.05)


def test_the_probabilities_are_in_the_order_of_the_emotions(tmp_path):
    encoder = ClipEncoder.open(write_clip(tmp_path, "a", emotion="sad"))
    assert EMOTIONS[int(encoder.encode(RED).probabilities.argmax())] == "sad"


def test_only_an_export_with_a_projection_gives_semantics(tmp_path):
    encoder = ClipEncoder.open(write_clip(tmp_path, "a", semantics=True))
    red, blue = encoder.encode(RED).semantics, encoder.encode(BLUE).semantics
    assert encoder.info.semantics
    assert red is not None and red.shape == (384,) and red != pytest.approx(blue)


def test_a_batch_is_as_its_pictures_one_by_one(tmp_path):
    encoder = ClipEncoder.open(write_clip(tmp_path, "a"))
    found = encoder.encode_batch(np.stack([RED, BLUE]))[EMBEDDING]
    assert found == pytest.approx(np.stack([encoder.encode(RED).embedding, encoder.encode(BLUE).embedding]))


def test_the_provider_that_is_used_is_told(tmp_path):
    assert ClipEncoder.open(write_clip(tmp_path, "a"), provider="cpu").provider == "cpu"


def test_a_file_that_was_altered_is_refused(tmp_path):
    path = write_clip(tmp_path, "a")
    with path.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelContractError, match="not the file that its card describes"):
        ClipEncoder.open(path)


def test_a_file_without_its_card_is_refused_with_the_cure(tmp_path):
    path = write_clip(tmp_path, "a")
    card_path(path).unlink()
    with pytest.raises(ModelContractError, match="python -m export clip"):
        ClipEncoder.open(path)


def test_a_card_that_is_none_is_refused(tmp_path):
    path = write_clip(tmp_path, "a")
    card_path(path).write_text(json.dumps({"model": "x"}))
    with pytest.raises(ModelContractError, match="no card"):
        ClipEncoder.open(path)


def test_a_card_whose_file_is_gone_says_so(tmp_path):
    path = write_clip(tmp_path, "a")
    path.unlink()
    with pytest.raises(ModelContractError, match="no such model file"):
        ClipEncoder.open(path)


def test_an_export_of_another_contract_is_refused(tmp_path):
    with pytest.raises(ModelContractError, match="another contract"):
        ClipEncoder.open(write_clip(tmp_path, "a", contract="99"))
