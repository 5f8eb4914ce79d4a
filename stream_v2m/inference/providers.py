"""Execution providers: which to take, whether it was really taken, and the cure where it was not."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any

from stream_v2m.core.errors import ConfigError, ModelContractError
from stream_v2m.core.state import GraphState

AUTO, CPU = "auto", "cpu"

# Short names for ONNX Runtime's execution providers; any full provider name is taken as it is.
PROVIDERS: Mapping[str, str] = {
    CPU: "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}

# What ``auto`` tries for a large graph, best first. Not TensorRT: it builds an engine for minutes at the first start.
_BEST = ("cuda", "coreml", "directml", "openvino", CPU)

# Beside a provider, before the CPU: TensorRT leaves what it cannot do to CUDA.
_BESIDE = {"tensorrt": ("cuda",)}

# ONNX Runtime's documentation of each provider, at 1.20 to 1.31. Fixed shapes let cuDNN search once for the best
# algorithm of each convolution; TensorRT computes in float16 by itself, CUDA only what is float16 in the file.
_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "cuda": {"cudnn_conv_algo_search": "EXHAUSTIVE", "arena_extend_strategy": "kSameAsRequested"},
    "tensorrt": {"trt_fp16_enable": "1", "trt_engine_cache_enable": "1"},
    "coreml": {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL"},
    "openvino": {"device_type": "AUTO"},
}

_PACKAGES = {
    "coreml": "onnxruntime for macOS has it: `pip install onnxruntime`",
    "directml": "on Windows: `pip uninstall onnxruntime` and `pip install onnxruntime-directml`",
    "openvino": "`pip uninstall onnxruntime` and `pip install onnxruntime-openvino`",
}
_GPU_PACKAGE = "`pip uninstall onnxruntime` and `pip install 'stream_v2m[gpu]'`"


def chosen(asked: str, available: Sequence[str], *, small: bool = False) -> str:
    """The short name of the provider that ``asked`` means here; a full name that has no short one stays.

    Args:
        asked: a key of ``PROVIDERS``, a provider's full name, or ``auto``: the best that the package has.
        available: full names, as ``onnxruntime.get_available_providers`` gives them.
        small: a graph of a millisecond or two, which ``auto`` leaves on the CPU: to a device and back takes longer.

    Raises:
        ConfigError: there is no provider of this name.
    """
    if asked == AUTO:
        return CPU if small else next(name for name in _BEST if name == CPU or PROVIDERS[name] in available)
    if asked in PROVIDERS:
        return asked
    if not asked.endswith("ExecutionProvider"):
        raise ConfigError("no such provider", where=asked, expected=", ".join((AUTO, *PROVIDERS)))
    return short_name(asked)


def short_name(full: str) -> str:
    """The name that we call a provider by."""
    return next((short for short, name in PROVIDERS.items() if name == full), full)


def with_options(name: str, available: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """What a session is asked to try in turn: those of a provider's full names that are available, the CPU at last."""
    wanted = dict.fromkeys((name, *_BESIDE.get(name, ()), CPU))
    full = ((PROVIDERS.get(each, each), dict(_OPTIONS.get(each, {}))) for each in wanted)
    return [(each, options) for each, options in full if each in available]


def prepare(name: str, runtime: Any) -> None:
    """Load CUDA's and cuDNN's libraries from their Python packages, where this onnxruntime can (1.21 and later)."""
    if name in ("cuda", "tensorrt") and hasattr(runtime, "preload_dlls") and getattr(runtime, "cuda_version", False):
        runtime.preload_dlls()


def short_of(graph: str, asked: str, used: str, *, small: bool = False) -> ModelContractError | None:
    """What to say of a graph that runs on another provider than was asked for; None if it runs where it should.

    Args:
        graph: which model.
        used: the short name of what its session really has first.
    """
    import onnxruntime

    wanted = chosen(asked, onnxruntime.get_available_providers(), small=small)
    if used == wanted:
        return None
    cure = cure_for(wanted, onnxruntime)
    return ModelContractError(f"does not run on {wanted}", where=graph, got=used, expected=asked, cure=cure)


def compare(
    used: Mapping[str, str], asked: str, *, strict: bool
) -> tuple[tuple[GraphState, ...], tuple[ModelContractError, ...]]:
    """How small graphs really run, by name, and what to say of those that run elsewhere than was asked for.

    Raises:
        ModelContractError: there is something to say, and ``strict``.
    """
    found = [short_of(graph, asked, provider, small=True) for graph, provider in used.items()]
    short = tuple(error for error in found if error is not None)
    if strict and short:
        raise short[0]
    return tuple(GraphState(graph, asked, provider) for graph, provider in used.items()), short


def cure_for(name: str, runtime: Any) -> str:
    """What to do so that this onnxruntime offers a provider, or can load one that it offers."""
    if name not in PROVIDERS:
        return "onnxruntime's own documentation says what it needs"
    if PROVIDERS[name] not in runtime.get_available_providers():
        return _PACKAGES.get(name, _GPU_PACKAGE)
    if name in ("cuda", "tensorrt"):
        library = "; TensorRT too" if name == "tensorrt" else ""
        return f"install the driver of your GPU and {_cuda_of(runtime)}{library}"
    return f"its driver or libraries are missing, or {platform.system()} is too old for it"


def _cuda_of(runtime: Any) -> str:
    """The CUDA and cuDNN that this onnxruntime was built with.

    ``onnxruntime.cuda_version`` says the first since 1.21; the second has been cuDNN 9 since 1.19, and the package's
    extras name both (onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html).
    """
    major = str(getattr(runtime, "cuda_version", "") or "12").split(".")[0]
    return f"CUDA {major}.x with cuDNN 9: `pip install 'onnxruntime-gpu[cuda,cudnn]'` brings both"
