"""Export checkpoints to the package's weights: ``python -m export CHECKPOINT… [--out FOLDER]``."""

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
from models.amt import Amt
from models.checkpoint import Checkpoint
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.inference.contract import AMT_FILE, DYNAMICS_FILE, MANIFEST_FILE, metadata_version
from stream_v2m.inference.runtime import weights_folder


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when a checkpoint cannot be exported."""
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="best.pt of a run; each says which model it is")
    parser.add_argument("--out", type=Path, default=weights_folder(), help="default: the package's weights")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        for path in options.checkpoints:
            print(ship(path, options.out))
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def ship(checkpoint: Path, folder: Path) -> str:
    """Export one checkpoint, prove it, and only then put it into ``folder`` and the manifest; a line for the user."""
    loaded = Checkpoint.load(checkpoint)
    model = loaded.model()
    name = AMT_FILE if isinstance(model, Amt) else DYNAMICS_FILE
    provenance = {**loaded.provenance, "step": loaded.step, "val": loaded.metrics}
    with tempfile.TemporaryDirectory() as drafts:
        draft = Path(drafts) / name
        export(model, draft, provenance)
        if isinstance(model, Amt):
            parity, tolerance = verify.amt_parity(model, draft), verify.LOGIT_TOLERANCE
        else:
            parity, tolerance = verify.dynamics_parity(model, draft), verify.LEVEL_TOLERANCE
        parity.check(tolerance, draft)
        data = draft.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    _record(folder / MANIFEST_FILE, name, hashlib.sha256(data).hexdigest())
    return (
        f"{name}: {len(data) / 1e6:.1f} MB; over {parity.steps} steps torch by steps differs by "
        f"{parity.torch_step:.1e}, ONNX by {parity.onnx_step:.1e} (≤ {tolerance})"
    )


def _record(manifest: Path, name: str, digest: str) -> None:
    found = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {"sha256": {}}
    found["contract"] = metadata_version()
    found["sha256"][name] = digest
    manifest.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
