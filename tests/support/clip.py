"""A CLIP export without CLIP: a graph of a few nodes with the same inputs, outputs, metadata and card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.features import SEMANTIC
from stream_v2m.inference.clip import EMBEDDING, PICTURES, PROBABILITIES, SEMANTICS
from stream_v2m.inference.clip_files import CLIP_CONTRACT, ClipCard, card_path, digest


def write_export(path: Path, *, semantics: bool = False, contract: str = CLIP_CONTRACT) -> Path:
    """Its embedding is the picture's mean colour 0–1; the redder, the likelier the first emotion."""
    path.parent.mkdir(parents=True, exist_ok=True)
    towards = np.zeros((3, len(EMOTIONS)), np.float32)
    towards[0, 0] = 10.0
    sizes = {EMBEDDING: 3, PROBABILITIES: len(EMOTIONS)}
    nodes = [
        helper.make_node("Cast", [PICTURES], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["levels", "axes"], ["mean"], keepdims=0),
        helper.make_node("Div", ["mean", "full"], [EMBEDDING]),
        helper.make_node("MatMul", [EMBEDDING, "towards"], ["logits"]),
        helper.make_node("Softmax", ["logits"], [PROBABILITIES]),
    ]
    weights = {"axes": np.array([1, 2]), "full": np.array(255, np.float32), "towards": towards}
    if semantics:
        sizes[SEMANTICS] = SEMANTIC.stop - SEMANTIC.start
        weights["basis"] = np.ones((3, sizes[SEMANTICS]), np.float32)
        nodes.append(helper.make_node("MatMul", [EMBEDDING, "basis"], [SEMANTICS]))
    graph = helper.make_graph(
        nodes,
        "clip",
        [helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, ["batch", "height", "width", 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size]) for name, size in sizes.items()],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {"model": "clip", "contract": contract})
    onnx.save(model, str(path))
    card = ClipCard(
        model="mean",
        pretrained="none",
        weights="float32",
        prompts={emotion: (emotion,) for emotion in EMOTIONS},
        input_size=32,
        framing="squash",
        embedding_size=3,
        semantics=semantics,
        licence="none",
        cosine=1.0,
        made_with="hand",
        sha256=digest(path),
    )
    card_path(path).write_text(card.model_dump_json(), encoding="utf-8")
    return path
