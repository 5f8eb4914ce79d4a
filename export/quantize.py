"""A model file's matrices as 8-bit integers: at batch 1 a step is bound by reading them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

# Products of two pairs, 2 · 255 · 64, stay within 16 bits: AVX2 adds them there and would saturate.
WEIGHT_LIMIT = 64
# Activations take 1…255 around 128; halves are rounded up by adding 0.5 before the cast, which truncates.
_ACTIVATION_LIMIT, _ZERO = 127, 128
_LEAST = 1e-6  # a row of zeros must not divide by zero
_PREFIX = "int8"
# What the exporter makes of a linear layer: x @ weight.T + bias.
_GEMM = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 1}


def quantize(source: Path, target: Path, *, operators: Collection[str] = ("Gemm",), keep: Collection[str] = ()) -> int:
    """Write ``source`` to ``target`` with the weights of every linear layer in int8; metadata is kept.

    Args:
        operators: what counts as a linear layer: Gemm, and MatMul where its right side is a weight.
        keep: names of weights that stay as they are.

    Returns:
        how many layers were changed.

    Weights have one scale per output, activations one per row and step, found as the graph runs: a row never depends
    on the other rows of its batch, as it would with one scale for the tensor. Integer sums are exact, so machines
    agree in them. Standard operators only. (Symmetric dynamic quantization, Jacob et al. 2018; per row and per output
    as in Dettmers et al. 2022.)
    """
    model = onnx.load(str(source))
    graph = model.graph
    found = {value.name: value for value in graph.initializer}
    constants = _Constants(graph)
    nodes: list[onnx.NodeProto] = []
    changed = 0
    for node in graph.node:
        linear = node.op_type in operators and node.input[1] in found and node.input[1] not in keep
        if not linear:
            nodes.append(node)
            continue
        changed += 1
        weight = numpy_helper.to_array(found[node.input[1]])
        if node.op_type == "Gemm":
            attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
            assert attributes == _GEMM, (node.name, attributes)
            weight = weight.T
        nodes += _linear(node, weight, constants)
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    for i in reversed(range(len(graph.initializer))):
        if graph.initializer[i].name not in used:
            del graph.initializer[i]
    for entry in model.metadata_props:
        if entry.key == "weights":
            entry.value = "int8"
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
    return changed


class _Constants:
    """Constants that all layers share, and each layer's own."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self.last_axis = self.add("last_axis", np.array([-1], np.int64))
        self.least = self.add("least", np.array(_LEAST, np.float32))
        self.limit = self.add("limit", np.array(_ACTIVATION_LIMIT, np.float32))
        self.offset = self.add("offset", np.array(_ZERO + 0.5, np.float32))
        self.zero = self.add("zero", np.array(_ZERO, np.uint8))

    def add(self, name: str, value: np.ndarray) -> str:
        self._graph.initializer.append(numpy_helper.from_array(value, f"{_PREFIX}.{name}"))
        return f"{_PREFIX}.{name}"


def _linear(node: onnx.NodeProto, weight: np.ndarray, constants: _Constants) -> list[onnx.NodeProto]:
    """The nodes of one layer x […, in] → y […, out]; ``weight`` float32 [in, out]."""
    scale = np.maximum(np.abs(weight).max(axis=0), _LEAST) / WEIGHT_LIMIT
    integers = constants.add(f"{node.name}.weight", np.round(weight / scale).astype(np.int8))
    # One factor takes back both scales' constant parts.
    factor = constants.add(f"{node.name}.scale", (scale / _ACTIVATION_LIMIT).astype(np.float32))
    x, y, bias = node.input[0], node.output[0], node.input[2:]
    made: list[onnx.NodeProto] = []

    def apply(operator: str, *inputs: str, output: str | None = None, **attributes: int) -> str:
        output = output or f"{_PREFIX}.{node.name}.{len(made)}"
        node_made = helper.make_node(operator, inputs, [output], name=output)
        node_made.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        made.append(node_made)
        return output

    largest = apply("Max", apply("ReduceMax", apply("Abs", x), constants.last_axis), constants.least)
    shifted = apply("Add", apply("Mul", x, apply("Div", constants.limit, largest)), constants.offset)
    row = apply("Cast", shifted, to=onnx.TensorProto.UINT8)
    total = apply("Cast", apply("MatMulInteger", row, integers, constants.zero), to=onnx.TensorProto.FLOAT)
    product = apply("Mul", apply("Mul", total, largest), factor, output=None if bias else y)
    if bias:
        apply("Add", product, *bias, output=y)
    return made
