"""Opens model files with ONNX Runtime, pinned by hash and without spinning threads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from stream_v2m.core.errors import ModelContractError
from stream_v2m.inference.contract import MANIFEST_FILE, metadata_version
from stream_v2m.inference.providers import AUTO, CPU, chosen, prepare, short_name, with_options

if TYPE_CHECKING:
    import onnxruntime

_EXPORT_AGAIN = "export it again with `python -m export`"
_INSTALL = "pip install 'stream_v2m[cpu]', or 'stream_v2m[gpu]' on a machine with CUDA"


def weights_folder() -> Path:
    """The folder of the weights that come with the package."""
    return Path(str(resources.files("stream_v2m"))) / "weights"


def open_session(
    path: Path, *, provider: str = AUTO, threads: int = 1, small: bool = False
) -> onnxruntime.InferenceSession:
    """A session for one model file.

    Where the provider cannot be had the CPU takes its place without a word: ask ``provider_of`` what is used, and
    ``providers.short_of`` what to say of it.

    Args:
        path: an .onnx file; one in ``weights_folder`` must have the hash that the manifest gives.
        provider: as ``providers.chosen`` takes it.
        threads: within one operator; they wait without spinning.
        small: see ``providers.chosen``.

    Raises:
        ConfigError: there is no provider of this name.
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
    available = onnxruntime.get_available_providers()
    name = chosen(provider, available, small=small)
    prepare(name, onnxruntime)
    broken = (state.Fail, state.InvalidProtobuf, state.InvalidGraph, state.InvalidArgument, state.NotImplemented)
    without = (state.EPFail, state.RuntimeException, RuntimeError, ValueError)  # a device without what it needs
    failed: Exception | None = None
    for each in dict.fromkeys((name, CPU)):
        try:
            return _create(path, each, available, threads)
        except (*broken, *without) as error:
            failed = error
    raise ModelContractError("onnxruntime cannot open it", where=path, got=failed, cure=_EXPORT_AGAIN) from failed


def _create(path: Path, name: str, available: Sequence[str], threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    if name == "directml":  # its documentation wants neither
        options.enable_mem_pattern = False
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # its own way to fall back prints to the standard output
    return onnxruntime.InferenceSession(str(path), options, providers=with_options(name, available), enable_fallback=0)


def provider_of(session: onnxruntime.InferenceSession) -> str:
    """The short name of the provider that a session really uses first."""
    return short_name(str(session.get_providers()[0]))


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
