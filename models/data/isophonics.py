"""Reference chord annotations as JSON (Isophonics and tmc323, from JAMS files): no beats, keys for some."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np

from models.data.labels import parse_label, transpose_label
from models.data.song import Song, estimate_key
from stream_v2m.core.chords import Key


def load(path: Path) -> list[Song]:
    """Songs of a .json or .json.xz: a list of {source, title, chords: [[start, end, label]], keys: […]}."""
    raw = path.read_bytes()
    entries: list[dict[str, Any]] = json.loads(lzma.decompress(raw) if path.suffix == ".xz" else raw)
    return [song for i, entry in enumerate(entries) for song in _read_song(i, entry)]


def _read_song(index: int, entry: dict[str, Any]) -> list[Song]:
    rows = [(float(a), float(b), parse_label(label) or 0) for a, b, label in entry["chords"]]
    end = rows[-1][1]
    songs = []
    for part, (key_start, key_end, key) in enumerate(_keys(entry["keys"], end)):
        inside = [row for row in rows if key_start - 0.05 <= row[0] < key_end - 0.05]
        if len(inside) < 8:
            continue
        start = np.array([row[0] for row in inside], np.float32)
        label = np.array([row[2] for row in inside], np.int64)
        stop = inside[-1][1]
        found = key or estimate_key(label, np.diff(start, append=stop))
        songs.append(
            Song(
                source="isophonics",
                name=f"{index:03}.{part}",
                mode=found.mode,
                start=start - start[0],
                label=np.array([transpose_label(int(x), -found.shift) for x in label], np.int64),
                end=stop - float(start[0]),
            )
        )
    return songs


def _keys(keys: list[tuple[float, float, str]], end: float) -> list[tuple[float, float, Key | None]]:
    """Key segments that cover the song. Modal keys ('D:mixolydian') are left to the estimate."""
    if not keys:
        return [(0.0, end + 1.0, None)]
    found = []
    for i, (start, _, name) in enumerate(keys):
        after = keys[i + 1][0] if i + 1 < len(keys) else end + 1.0
        found.append((0.0 if i == 0 else float(start), float(after), _parse(name)))
    return found


def _parse(name: str) -> Key | None:
    tonic, _, mode = name.partition(":")
    try:
        return Key.parse(f"{tonic} {mode}".strip())
    except ValueError:
        return None
