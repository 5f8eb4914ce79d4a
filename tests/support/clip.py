"""A CLIP export that is none: a graph of a few operators which takes and gives what a real one does."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.features import SEMANTIC
from stream_v2m.inference.clip_files import CLIP_CONTRACT, ClipCard


def write_clip(
    folder: Path, name: str, *, emotion: str = "", semantics: bool = False, contract: str = CLIP_CONTRACT
) -> Path:
    """An export that tells moods by the picture's mean colour, or is sure of ``emotion``."""
    size = SEMANTIC.stop - SEMANTIC.start
    rng = np.random.default_rng(0)
    towards = rng.normal(0, 1, (3, 6)).astype(np.float32)
    bias = np.array([6.0 * (each == emotion) for each in EMOTIONS], np.float32)
    constants = {
        "towards": towards,
        "bias": bias,
        "to_meaning": rng.normal(0, 1, (3, size)).astype(np.float32),
        "full": np.array(255, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["pictures"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["as_float"], ["summed"], axes=[1, 2], keepdims=0),
        helper.make_node("Div", ["summed", "full"], ["embedding"]),
        helper.make_node("Gemm", ["embedding", "towards", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    outputs = {"embedding": 3, "probabilities": 6}
    if semantics:
        nodes.append(helper.make_node("MatMul", ["embedding", "to_meaning"], ["semantics"]))
        outputs["semantics"] = size
    graph = helper.make_graph(
        nodes,
        "clip",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["batch", "height", "width", 3])],
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, ["batch", wide]) for each, wide in outputs.items()],
        [numpy_helper.from_array(value, each) for each, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.helper.set_model_props(model, {"model": "clip", "contract": contract})
    path = folder / f"{name}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    card = ClipCard(
        model="tiny",
        pretrained="random",
        weights="float32",
        prompts={each: (each,) for each in EMOTIONS},
        input_size=32,
        framing="shortest",
        embedding_size=3,
        semantics=semantics,
        licence="none",
        cosine=1.0,
        made_with="tests",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    path.with_suffix(".json").write_text(card.model_dump_json())
    return path
