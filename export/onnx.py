"""One step of a model as one ONNX file."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from models.amt import Amt
from models.conditions import Conditions
from models.config import AmtConfig
from models.dynamics import Dynamics
from stream_v2m.core.chords import VOCABULARY, Chord
from stream_v2m.core.features import CONDITIONS, FEATURE_SIZE
from stream_v2m.inference.contract import (
    COLUMN,
    POSITION,
    STATE_IN,
    STATE_OUT,
    STEP_INPUTS,
    metadata_version,
    ring_names,
)

_OPSET = 20  # the first with Gelu
_TRACED_BATCH = 2  # a batch of one would be taken for a constant


class _AmtStep(nn.Module):
    def __init__(self, model: Amt) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        chord: Tensor,
        features: Tensor,
        present: Tensor,
        mode: Tensor,
        step_duration: Tensor,
        bar_position: Tensor,
        position: Tensor,
        rings: list[Tensor],
    ) -> tuple[Tensor, Tensor]:
        conditions = Conditions(features, present, mode, step_duration, bar_position)
        return self.model.step(chord, conditions, position, rings)


class _DynamicsStep(nn.Module):
    def __init__(self, model: Dynamics) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        chord: Tensor,
        features: Tensor,
        present: Tensor,
        mode: Tensor,
        step_duration: Tensor,
        bar_position: Tensor,
        state: Tensor,
    ) -> tuple[Tensor, Tensor]:
        conditions = Conditions(features, present, mode, step_duration, bar_position)
        return self.model.step(chord, conditions, state)


def export(model: Amt | Dynamics, path: Path, provenance: dict[str, Any]) -> None:
    """Write ``model``'s step to ``path``: float32, any batch, every other shape fixed, metadata inside."""
    batch = torch.export.Dim("batch", min=1, max=4096)
    shared = _example(_TRACED_BATCH)
    if isinstance(model, Amt):
        names = ring_names(model.config.layers)
        arguments = (*shared, torch.zeros(_TRACED_BATCH, dtype=torch.int64), model.rings(_TRACED_BATCH))
        shapes: tuple[Any, ...] = (*[{0: batch} for _ in range(len(shared) + 1)], [{0: batch} for _ in names])
        step: nn.Module = _AmtStep(model)
        inputs, outputs = [*STEP_INPUTS, POSITION, *names], ["logits", COLUMN]
    else:
        state = torch.zeros(model.config.layers, _TRACED_BATCH, model.config.hidden)
        arguments = (*shared, state)
        shapes = (*[{0: batch} for _ in shared], {1: batch})
        step = _DynamicsStep(model)
        inputs, outputs = [*STEP_INPUTS, STATE_IN], ["levels", STATE_OUT]
    graph = to_graph(step.eval(), arguments, inputs=inputs, outputs=outputs, shapes=shapes)
    _describe(graph, model, provenance)
    onnx.checker.check_model(graph)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(graph, str(path))


def to_graph(
    module: nn.Module, arguments: tuple[Any, ...], *, inputs: list[str], outputs: list[str], shapes: tuple[Any, ...]
) -> onnx.ModelProto:
    """The graph of ``module``, traced with ``arguments``; the exporter's traces of source files are left out.

    Args:
        shapes: for each argument which dimensions may be any.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own code
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        draft = Path(folder) / "draft.onnx"
        torch.onnx.export(
            module,
            arguments,
            str(draft),
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=shapes,
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        graph = onnx.load(str(draft))
    del graph.metadata_props[:]
    for node in graph.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*graph.graph.input, *graph.graph.output, *graph.graph.value_info, *graph.graph.initializer):
        del value.metadata_props[:]
    return graph


def _example(batch: int) -> tuple[Tensor, ...]:
    whole = torch.zeros(batch, dtype=torch.int64)
    return (
        whole,
        torch.zeros(batch, FEATURE_SIZE),
        torch.ones(batch, CONDITIONS),
        whole.clone(),
        torch.ones(batch),
        torch.zeros(batch),
    )


def _describe(graph: onnx.ModelProto, model: Amt | Dynamics, provenance: dict[str, Any]) -> None:
    """Metadata that the runtime checks and the status shows."""
    entries = {
        "model": "amt" if isinstance(model, Amt) else "dynamics",
        "contract": metadata_version(),
        "weights": "float32",
        "config": json.dumps(model.config.model_dump()),
        "provenance": json.dumps(provenance, sort_keys=True),
    }
    if isinstance(model.config, AmtConfig):
        entries["vocabulary"] = json.dumps([str(Chord.from_index(label)) for label in range(VOCABULARY)])
    for name, text in entries.items():
        graph.metadata_props.add(key=name, value=text)
