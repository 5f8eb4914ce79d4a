"""Export checkpoints to the package's weights: ``python -m export CHECKPOINT… [--out FOLDER] [--weights float32]``.

``python -m export clip`` exports a CLIP model for live use (see ``export.clip``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path

import torch

from export import verify
from export.onnx import export
from export.quantize import quantize
from models.amt import Amt
from models.baselines.paper import PaperAmt
from models.checkpoint import Checkpoint
from stream_v2m.core.errors import ModelContractError, StreamV2MError
from stream_v2m.inference.contract import AMT_FILE, DYNAMICS_FILE, MANIFEST_FILE, metadata_version
from stream_v2m.inference.runtime import weights_folder

WEIGHTS = ("int8", "float32")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when a checkpoint cannot be exported."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["clip"]:
        from export import clip  # open_clip is an extra of its own

        return clip.main(arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="best.pt of a run; each says which model it is")
    parser.add_argument("--out", type=Path, default=weights_folder(), help="default: the package's weights")
    parser.add_argument(
        "--weights", choices=WEIGHTS, default="int8", help="of the transformer; the small GRU is always float32"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        for path in options.checkpoints:
            print(ship(path, options.out, weights=options.weights))
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def ship(checkpoint: Path, folder: Path, *, weights: str = "int8") -> str:
    """Export one checkpoint, prove it, and only then put it into ``folder`` and the manifest; a line for the user."""
    loaded = Checkpoint.load(checkpoint)
    model = loaded.model()
    if isinstance(model, PaperAmt):
        raise ModelContractError("the published model sees the whole film and has no step to export", where=checkpoint)
    provenance = {**loaded.provenance, "step": loaded.step, "val": loaded.metrics}
    with tempfile.TemporaryDirectory() as drafts:
        full = Path(drafts) / "float32.onnx"
        export(model, full, provenance)
        if isinstance(model, Amt):
            name, tolerance = AMT_FILE, verify.LOGIT_TOLERANCE
            parity = verify.amt_parity(model, full)
        else:
            name, tolerance, weights = DYNAMICS_FILE, verify.LEVEL_TOLERANCE, "float32"
            parity = verify.dynamics_parity(model, full)
        parity.check(tolerance, full)
        told = (
            f"over {parity.steps} steps torch by steps differs by {parity.torch_step:.1e}, "
            f"ONNX by {parity.onnx_step:.1e} (≤ {tolerance})"
        )
        shipped = full
        if weights == "int8":
            shipped = Path(drafts) / "int8.onnx"
            quantize(full, shipped)
            difference = verify.int8_difference(full, shipped)
            verify.check(difference, verify.INT8_TOLERANCE, shipped)
            told += f", int8 by {difference:.2f} (≤ {verify.INT8_TOLERANCE})"
        data = shipped.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    _record(folder / MANIFEST_FILE, name, hashlib.sha256(data).hexdigest(), weights)
    return f"{name}: {weights}, {len(data) / 1e6:.1f} MB; {told}"


def _record(manifest: Path, name: str, digest: str, weights: str) -> None:
    found = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    found["contract"] = metadata_version()
    found.setdefault("sha256", {})[name] = digest
    found.setdefault("weights", {})[name] = weights
    manifest.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
