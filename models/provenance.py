"""What a result was made from: hashes of files and folders, and a checkpoint's account of its making."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import torch

from models.checkpoint import Checkpoint
from models.config import TrainConfig
from models.data.song import Song


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's names and sizes, which a large collection is told apart by."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    files = (file for file in path.rglob("*") if file.is_file())
    listing = [f"{file.relative_to(path).as_posix()} {file.stat().st_size}" for file in files]
    return hashlib.sha256("\n".join(sorted(listing)).encode()).hexdigest()


def short(path: Path) -> str:
    """A path without what is this machine's own: from the working folder on, else the name alone."""
    inside = path.resolve().is_relative_to(Path.cwd())
    return path.resolve().relative_to(Path.cwd()).as_posix() if inside else path.name


def of_training(
    *,
    config_file: Path,
    config: TrainConfig,
    data: list[Path],
    songs: list[Song],
    folder: Path,
    processes: int,
    init: Path | None = None,
    parent: Checkpoint | None = None,
) -> dict[str, Any]:
    """What a checkpoint says of its making: command, config, data with their hashes, seed, and the run before."""
    words = ["python -m models.train --config", short(config_file), "--data", *(path.name for path in data)]
    words += ["--out", f"runs/{folder.name}"]
    if init is not None:
        words += ["--init", f"runs/{init.parent.name}/{init.name}"]
    return {
        "command": " ".join(words),
        "config": config_file.stem,
        "seed": config.seed,
        "data_sha256": {path.name: digest(path) for path in data},
        "songs": dict(sorted(Counter(song.source for song in songs).items())),
        "torch": str(torch.__version__),
        "processes": processes,
        "parent": parent.provenance if parent else None,
    }
