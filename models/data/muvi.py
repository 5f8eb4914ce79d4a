"""MuVi-Sync: the packed file, and the published folder layout (Zenodo 10057093, Video2Music's dataset folder)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.labels import parse_label, transpose_label
from models.data.song import Labels, Picture, Song
from stream_v2m.core.chords import Key, Mode

SPLITS = ("train", "val", "test")
_SEMANTIC_FOLDER = Path("vevo_semantic/all/2d/clip_l14p")


def load_packed(path: Path, *, splits: tuple[str, ...] = SPLITS) -> list[Song]:
    """Songs of a packed .npz, with their transcription's own segments transposed to the model's key."""
    with np.load(path, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    names = [parse_label(str(name)) or 0 for name in arrays["segment_label_name"]]
    rest = np.concatenate(
        [arrays["emotion"].astype(np.float32), arrays["motion"][:, None], arrays["scene_offset"][:, None]],
        axis=1,
        dtype=np.float32,
    )
    songs = []
    for i, song_id in enumerate(arrays["song_id"]):
        split = str(arrays["split"][i])
        if split not in splits:
            continue
        rows = slice(*arrays["offset"][i : i + 2])
        segments = slice(*arrays["segment_offset"][i : i + 2])
        key = Key.parse(str(arrays["key_norm"][i]))
        shift = key.tonic - Key.parse(str(arrays["key_orig"][i])).tonic
        original = np.array([names[k] for k in arrays["segment_label"][segments]])
        picture = Picture(
            semantic=arrays["semantic_q"][rows],
            semantic_scale=arrays["semantic_scale"],
            rest=rest[rows],
            loudness=arrays["loudness"][rows],
            density=arrays["note_density"][rows].astype(np.float32),
        )
        seconds = arrays["chord_norm"][rows].astype(np.int64)
        songs.append(
            Song(
                source="muvi",
                name=str(song_id),
                mode=key.mode,
                start=arrays["segment_start"][segments],
                label=np.array([transpose_label(int(x), shift) for x in original], np.int64),
                end=float(len(seconds)),
                seconds=seconds,
                picture=picture,
                split=split,
            )
        )
    return songs


def load_folder(root: Path, *, splits: tuple[str, ...] = SPLITS, basis: Path | None = None) -> list[Song]:
    """Songs of the published layout: one text file a song and feature, 'second value…' a line.

    Args:
        basis: a packed file whose ``semantic_mean`` [768] and ``semantic_basis`` [768, 384] project the published
            embeddings; without it the picture has no semantics.
    """
    projection = None
    if basis is not None:
        with np.load(basis, allow_pickle=False) as data:
            projection = data["semantic_mean"].astype(np.float32), data["semantic_basis"].astype(np.float32)
    songs = []
    for split in splits:
        listing = root / "vevo_meta" / "split" / "v1" / f"{split}.txt"
        if listing.exists():
            names = [line.strip() for line in listing.read_text().splitlines() if line.strip()]
            songs += [_read_song(root, name, split, projection) for name in names if _has(root, name)]
    return songs


def _has(root: Path, name: str) -> bool:
    """Whether the song's chords are there; the published lists name one that is not (453)."""
    return (root / "vevo_chord" / "lab_v2_norm" / "all" / f"{name}.lab").exists()


def _read_song(
    root: Path, name: str, split: str, projection: tuple[NDArray[np.float32], NDArray[np.float32]] | None
) -> Song:
    mode, seconds = _read_chords(root / "vevo_chord" / "lab_v2_norm" / "all" / f"{name}.lab")
    columns = [
        _read_table(root / folder / "all" / f"{name}.lab")
        for folder in ("vevo_emotion/6c_l14p", "vevo_motion", "vevo_scene_offset", "vevo_loudness", "vevo_note_density")
    ]
    length = min(len(column) for column in columns)  # streams can differ by one second
    emotion, motion, scene, loudness, density = (column[:length] for column in columns)
    scale = np.zeros(384, np.float32)
    semantic = np.zeros((length, 384), np.int8)
    if projection is not None:
        mean, matrix = projection
        z = (np.load(root / _SEMANTIC_FOLDER / f"{name}.npy")[:length].astype(np.float32) - mean) @ matrix
        scale = np.maximum(np.abs(z).max(axis=0), 1e-6).astype(np.float32) / 127
        semantic = np.zeros((length, 384), np.int8)
        semantic[: len(z)] = np.round(z / scale)
    change = np.flatnonzero(np.diff(seconds, prepend=-1))
    return Song(
        source="muvi",
        name=name,
        mode=mode,
        start=change.astype(np.float32),
        label=seconds[change],
        end=float(len(seconds)),
        seconds=seconds,
        picture=Picture(
            semantic, scale, np.concatenate([emotion, motion, scene], axis=1), loudness[:, 0], density[:, 0]
        ),
        split=split,
    )


def _read_chords(path: Path) -> tuple[Mode, Labels]:
    """Mode and labels [T] of 'key C major' and 'second label' lines."""
    mode: Mode = "major"
    labels: dict[int, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words and words[0] == "key":
            mode = Key.parse(" ".join(words[1:])).mode
        elif words:
            labels[int(words[0])] = parse_label(words[1]) or 0
    return mode, np.array([labels[second] for second in sorted(labels)], np.int64)


def _read_table(path: Path) -> NDArray[np.float32]:
    """Values float32 [T, C] of 'second value…' lines; a heading line is skipped."""
    rows = [line.split()[1:] for line in path.read_text(encoding="utf-8").splitlines() if line[:1].isdigit()]
    return np.array(rows, np.float32)
