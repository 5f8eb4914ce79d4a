"""A model file's weights in half precision, and its arithmetic in single: half the file, and no processor left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_FEW = 1024  # numbers; what is smaller saves nothing


def halve(source: Path, target: Path) -> None:
    """Write ``source`` to ``target`` with its float32 weights in float16, cast back as the graph is loaded.

    Arithmetic in float16 would want a graph of its own: ONNX Runtime 1.31 crashes as it optimises one for the CPU.
    """
    model = onnx.load(str(source))
    casts = []
    for value in model.graph.initializer:
        if value.data_type != TensorProto.FLOAT or np.prod(value.dims) < _FEW:
            continue
        name = value.name
        with np.errstate(over="raise"):
            half = numpy_helper.to_array(value).astype(np.float16)
        value.CopyFrom(numpy_helper.from_array(half, f"{name}.float16"))
        casts.append(helper.make_node("Cast", [f"{name}.float16"], [name], f"{name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
