"""Opens model files with ONNX Runtime, pinned by hash and without spinning threads."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference.contract import MANIFEST_FILE, metadata_version

if TYPE_CHECKING:
    import onnxruntime

# Short names for ONNX Runtime's execution providers; any full provider name is taken as it is.
PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
_EXPORT_AGAIN = "export it again with `python -m export`"
_INSTALL = "pip install 'stream_v2m[cpu]', or 'stream_v2m[gpu]' on a machine with CUDA"


def weights_folder() -> Path:
    """The folder of the weights that come with the package."""
    return Path(str(resources.files("stream_v2m"))) / "weights"


def open_session(path: Path, *, provider: str = "cpu", threads: int = 1) -> onnxruntime.InferenceSession:
    """A session for one model file.

    ONNX Runtime falls back to the CPU without a word when it lacks the provider: ask ``provider_of`` what is used.

    Args:
        path: an .onnx file; one in ``weights_folder`` must have the hash that the manifest gives.
        provider: a key of ``PROVIDERS`` or a provider's full name.
        threads: within one operator; they wait without spinning.

    Raises:
        ModelContractError: onnxruntime is not installed, or the file is missing, altered or broken.
    """
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as state  # its errors share no public base class
    except ImportError as error:
        raise ModelContractError("onnxruntime is not installed", cure=_INSTALL) from error
    if not path.is_file():
        raise ModelContractError("no such model file", where=path, cure=_EXPORT_AGAIN)
    if path.parent.resolve() == weights_folder().resolve():
        _check_hash(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    name = PROVIDERS.get(provider, provider)
    wanted = [found for found in (name, PROVIDERS["cpu"]) if found in onnxruntime.get_available_providers()]
    broken = (state.Fail, state.InvalidProtobuf, state.InvalidGraph, state.InvalidArgument, state.NotImplemented)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=list(dict.fromkeys(wanted)))
    except broken as error:
        raise ModelContractError("onnxruntime cannot open it", where=path, got=error, cure=_EXPORT_AGAIN) from error


def provider_of(session: onnxruntime.InferenceSession) -> str:
    """The short name of the provider that a session really uses."""
    used = str(session.get_providers()[0])
    return next((short for short, full in PROVIDERS.items() if full == used), used)


def read_metadata(
    session: onnxruntime.InferenceSession, path: Path, model: str, *, contract: str | None = None
) -> dict[str, str]:
    """A model file's own metadata, once it is clear that it is a ``model`` of this version.

    Args:
        contract: the version that is asked for; that of the step's models if not given.

    Raises:
        ModelContractError: another model, or made for another version of the contract or the feature schema.
    """
    found: dict[str, str] = dict(session.get_modelmeta().custom_metadata_map)
    if found.get("model") != model:
        raise ModelContractError("not this model", where=path, got=found.get("model"), expected=model)
    wanted = contract or metadata_version()
    if found.get("contract") != wanted:
        raise ModelContractError(
            "made for another contract",
            where=path,
            got=found.get("contract"),
            expected=wanted,
            cure=_EXPORT_AGAIN,
        )
    return found


def _check_hash(path: Path) -> None:
    manifest = path.parent / MANIFEST_FILE
    expected = json.loads(manifest.read_text(encoding="utf-8"))["sha256"].get(path.name) if manifest.is_file() else None
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise ModelContractError(
            "the file is not the one that was shipped",
            where=path,
            got=f"sha256 {found[:12]}…",
            expected=f"{expected[:12]}…" if expected else f"an entry in {MANIFEST_FILE}",
            cure="install the package again, or export with `python -m export`",
        )
