"""All songs that a training run learns from: loaded by kind, duplicates removed, kept prepared on disk."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.data import billboard, isophonics, muvi, pop909
from models.data.song import Song
from stream_v2m.core.chords import Mode
from stream_v2m.core.errors import ConfigError

_PREPARED_VERSION = 1
_CHORD_SOURCES = {"pop909": pop909.load, "billboard": billboard.load, "isophonics": isophonics.load}
KINDS = ("muvi", *_CHORD_SOURCES)


def load(paths: list[Path], *, cache: Path | None = None) -> list[Song]:
    """Songs of every file or folder in ``paths``, MuVi-Sync's first, without duplicates of content.

    Raises:
        ConfigError: a path's kind cannot be told from its name.
    """
    songs: list[Song] = []
    for path in paths:
        if not path.exists():
            raise ConfigError("no such data", where=path, cure="give files or folders with --data")
        songs += _load_one(path, cache)
    return unique(songs)


def unique(songs: list[Song]) -> list[Song]:
    """The first of every group of songs with one chord sequence up to transposition; MuVi-Sync's are all kept."""
    seen: set[bytes] = set()
    kept = []
    for song in songs:
        digest = song.digest()
        if song.source == "muvi" or digest not in seen:
            kept.append(song)
        seen.add(digest)
    return kept


def kind_of(path: Path) -> str | None:
    """What data a path is, one of ``KINDS``, by its name; None where it is none."""
    if (path / "vevo_meta").is_dir() or path.suffix == ".npz":
        return "muvi"
    return next((kind for kind in _CHORD_SOURCES if kind in path.name.lower()), None)


def _load_one(path: Path, cache: Path | None) -> list[Song]:
    kind = kind_of(path)
    if kind is None:
        names = [*_CHORD_SOURCES]
        raise ConfigError("cannot tell what data this is", where=path, expected=f"a name with one of {names}")
    if kind == "muvi":
        return muvi.load_folder(path) if path.is_dir() else muvi.load_packed(path)
    load_songs = _CHORD_SOURCES[kind]
    if cache is None or path.is_dir():
        return load_songs(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    prepared = cache / f"{kind}-{digest}-v{_PREPARED_VERSION}.npz"
    if not prepared.exists():
        _write(prepared, load_songs(path))
    return _read(prepared)


def _write(path: Path, songs: list[Song]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {}
    heads = []
    for i, song in enumerate(songs):
        arrays[f"{i}.start"], arrays[f"{i}.label"] = song.start, song.label
        if song.beat_time is not None and song.beat_position is not None:
            arrays[f"{i}.beat_time"], arrays[f"{i}.beat_position"] = song.beat_time, song.beat_position
        heads.append([song.source, song.name, song.mode, song.end])
    # Whole or not at all: an interrupted or a second process must leave nothing half written.
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, heads=np.array(json.dumps(heads)), **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def _read(path: Path) -> list[Song]:
    songs = []
    with np.load(path, allow_pickle=False) as data:
        for i, (source, name, mode, end) in enumerate(json.loads(str(data["heads"]))):
            found: Mode = "minor" if mode == "minor" else "major"
            song = Song(source, name, found, data[f"{i}.start"], data[f"{i}.label"], end)
            if f"{i}.beat_time" in data:
                song = replace(song, beat_time=data[f"{i}.beat_time"], beat_position=data[f"{i}.beat_position"])
            songs.append(song)
    return songs
