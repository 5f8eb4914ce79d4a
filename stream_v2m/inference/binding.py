"""Running a graph with its inputs and outputs bound to buffers that stay, where a device is to be fed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stream_v2m.inference.providers import short_name

if TYPE_CHECKING:
    import onnxruntime

DEVICES = {"cuda": "cuda", "tensorrt": "cuda"}  # onnxruntime's device of a provider; every other takes host memory


class Runner:
    """Runs one session's graph. Not for several threads at once.

    On a device the inputs are copied into buffers that keep their place while shapes stay the same, and only the
    outputs that are asked for come back: what is recommended for CUDA and TensorRT. Elsewhere it is ``session.run``.

    Args:
        device: onnxruntime's name of it; by the session's provider if not given.
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: str | None = None) -> None:
        self._session = session
        self._device = device or DEVICES.get(short_name(str(session.get_providers()[0])))
        self._binding: Any = None
        self._inputs: dict[str, Any] = {}

    def __call__(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The ``outputs`` for these inputs, in the host's memory."""
        if self._device is None:
            found: list[NDArray[Any]] = self._session.run(list(outputs), dict(feeds))
            return found
        if self._binding is None:
            self._binding = self._session.io_binding()
        for name, array in feeds.items():
            self._feed(name, np.ascontiguousarray(array))
        self._binding.clear_binding_outputs()
        for name in outputs:
            self._binding.bind_output(name, self._device)
        self._session.run_with_iobinding(self._binding)
        bound: list[NDArray[Any]] = self._binding.copy_outputs_to_cpu()
        return bound

    def _feed(self, name: str, array: NDArray[Any]) -> None:
        import onnxruntime

        kept = self._inputs.get(name)
        if kept is not None and (tuple(kept[1].shape), kept[1].dtype) == (array.shape, array.dtype):
            kept[0].update_inplace(array)
            return
        value = onnxruntime.OrtValue.ortvalue_from_numpy(array.copy(), self._device, 0)
        self._inputs[name] = (value, array)
        self._binding.bind_ortvalue_input(name, value)
