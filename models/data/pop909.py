"""POP909 (Wang et al. 2020; MIT): chords, beats and keys of 909 Chinese pop songs as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.data.archives import read_texts
from models.data.labels import parse_label, transpose_label
from models.data.song import Floats, Song, estimate_key
from stream_v2m.core.chords import Key

_FILES = frozenset({"chord_midi.txt", "beat_midi.txt", "key_audio.txt"})


def load(path: Path) -> list[Song]:
    """Songs from the archive or the POP909 folder; one whose key changes is one song a key."""
    songs = []
    for name, texts in read_texts(path, _FILES):
        if "chord_midi.txt" in texts and "beat_midi.txt" in texts:
            songs += _read_song(name, texts)
    return songs


def _read_song(name: str, texts: dict[str, str]) -> list[Song]:
    rows = [line.split() for line in texts["chord_midi.txt"].splitlines() if line.strip()]
    start = np.array([float(row[0]) for row in rows], np.float32)
    end = float(rows[-1][1])
    label = np.array([parse_label(row[2]) or 0 for row in rows], np.int64)
    time, position = half_bars(texts["beat_midi.txt"])
    songs = []
    for part, (key_start, key_end, key) in enumerate(_keys(texts.get("key_audio.txt", ""), end)):
        inside = (start >= key_start - 0.5) & (start < key_end - 0.5)
        if inside.sum() < 8:
            continue
        labels, starts = label[inside], start[inside]
        stop = float(min(end, key_end if key_end > starts[-1] else end))
        found = key or estimate_key(labels, np.diff(starts, append=stop))
        steps = (time >= starts[0] - 0.1) & (time < stop)
        moved = np.array([transpose_label(int(x), -found.shift) for x in labels], np.int64)
        origin = starts[0]
        songs.append(
            Song(
                source="pop909",
                name=f"{name}.{part}",
                mode=found.mode,
                start=starts - origin,
                label=moved,
                end=stop - float(origin),
                beat_time=(time[steps] - origin).astype(np.float32),
                beat_position=position[steps],
            )
        )
    return songs


def _keys(text: str, end: float) -> list[tuple[float, float, Key | None]]:
    """Key segments (start, end, key) in seconds; one unknown key where the file has none."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    if not rows:
        return [(0.0, end + 1.0, None)]
    keys = [(float(row[0]), float(row[1]), Key.parse(row[2].replace(":", " "))) for row in rows]
    return [
        (0.0 if i == 0 else key[0], end + 1.0 if i + 1 == len(keys) else keys[i + 1][0], key[2])
        for i, key in enumerate(keys)
    ]


def half_bars(text: str) -> tuple[Floats, Floats]:
    """Onsets [K] in seconds and places in the bar [K] of two-beat steps.

    A line is 'seconds, first beat of a duple bar, first beat of a bar' (POP909's beat_midi.txt).
    """
    rows = [line.split() for line in text.splitlines() if line.strip()]
    beats = [float(row[0]) for row in rows]
    downs = [i for i, row in enumerate(rows) if float(row[2]) == 1.0] or [0]
    times: list[float] = []
    positions: list[float] = []
    for first, after in zip(downs, [*downs[1:], len(beats)], strict=True):
        for i in range(first, after, 2):
            times.append(beats[i])
            positions.append((i - first) / max(after - first, 1))
    return np.array(times, np.float32), np.array(positions, np.float32)
