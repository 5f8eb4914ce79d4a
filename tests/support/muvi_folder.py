"""A tiny folder in MuVi-Sync's published layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np


def write_muvi(
    root: Path,
    *,
    name: str = "001",
    split: str = "val",
    key: str = "A minor",
    chords: Sequence[str] = ("A:min", "A:min", "F", "N"),
) -> None:
    """One song in MuVi-Sync's published layout, four seconds by default."""
    tables: dict[str, list[list[float]]] = {
        "vevo_emotion/6c_l14p": [[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]] * len(chords),
        "vevo_motion": [[1.5 * i] for i in range(len(chords))],
        "vevo_scene_offset": [[i] for i in range(len(chords))],
        "vevo_loudness": [[0.1 + 0.01 * i] for i in range(len(chords))],
        "vevo_note_density": [[5 + i] for i in range(len(chords))],
    }
    for folder, rows in tables.items():
        path = root / folder / "all" / f"{name}.lab"
        path.parent.mkdir(parents=True, exist_ok=True)
        heading = "time exciting fearful tense sad relaxing neutral\n" if "emotion" in folder else ""
        path.write_text(heading + "".join(f"{i} {' '.join(map(str, row))}\n" for i, row in enumerate(rows)))
    path = root / "vevo_chord" / "lab_v2_norm" / "all" / f"{name}.lab"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"key {key}\n" + "".join(f"{i} {chord}\n" for i, chord in enumerate(chords)))
    listing = root / "vevo_meta" / "split" / "v1" / f"{split}.txt"
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_text(f"{name}\n453\n")
    semantic = root / "vevo_semantic" / "all" / "2d" / "clip_l14p"
    semantic.mkdir(parents=True, exist_ok=True)
    np.save(semantic / f"{name}.npy", np.arange(len(chords))[:, None] * np.ones((1, 768), np.float32))
