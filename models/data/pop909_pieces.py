"""POP909's MIDI files (Wang et al. 2020; MIT) as pieces: notes, beats and chords as annotated."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import mido
import numpy as np
from numpy.typing import NDArray

from models.data.labels import parse_label
from models.metrics.piece import Piece, read_midi

ACCOMPANIMENT = ("PIANO", "BRIDGE")  # without the sung melody
_BEATS, _CHORDS = "beat_midi.txt", "chord_midi.txt"


def load_pieces(path: Path, rng: np.random.Generator, *, tracks: Sequence[str] | None = None) -> Iterator[Piece]:
    """The songs as pieces in random order, out of the archive as published or the POP909 folder.

    Args:
        tracks: ``ACCOMPANIMENT``, or all if None.
    """
    songs = list(_folders(path))
    for index in rng.permutation(len(songs)):
        name, files = songs[index]
        if {_BEATS, _CHORDS, f"{name}.mid"} <= files.keys():
            piece = _piece(files, name, tracks)
            if len(piece.bars) > 1:
                yield piece


def _folders(path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The folders of the songs with their files; other versions of a song lie deeper and are left."""
    folders: dict[str, dict[str, bytes]] = {}
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and file.parent.name.isdigit():
                folders.setdefault(file.parent.name, {})[file.name] = file.read_bytes()
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                inner = PurePosixPath(member.name)
                stream = archive.extractfile(member) if member.isfile() and inner.parent.name.isdigit() else None
                if stream is not None:
                    folders.setdefault(inner.parent.name, {})[inner.name] = stream.read()
    yield from sorted(folders.items())


def _piece(files: dict[str, bytes], name: str, tracks: Sequence[str] | None) -> Piece:
    notes = read_midi(mido.MidiFile(file=io.BytesIO(files[f"{name}.mid"])), tracks=tracks)
    rows = [line.split() for line in files[_BEATS].decode().splitlines() if line.strip()]
    times = np.array([float(row[0]) for row in rows])
    downs = np.flatnonzero([float(row[2]) == 1.0 for row in rows]).astype(np.float64)
    chords = [line.split() for line in files[_CHORDS].decode().splitlines() if line.strip()]
    order = np.argsort(notes.start, kind="stable")
    start = notes.start[order]
    return Piece(
        beat=_beats_at(start, times),
        start=start,
        end=notes.end[order],
        pitch=notes.pitch[order],
        velocity=notes.velocity[order],
        bars=downs,
        bar_starts=times[downs.astype(np.int64)],
        chords=np.array([parse_label(row[2]) or 0 for row in chords], np.int64),
        chord_starts=np.array([float(row[0]) for row in chords]),
    )


def _beats_at(moments: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beats counted from the first of ``times``; before and after them by the nearest beat's length."""
    count = np.arange(len(times), dtype=np.float64)
    first, last = times[1] - times[0], times[-1] - times[-2]
    found = np.interp(moments, times, count)
    found = np.where(moments < times[0], (moments - times[0]) / first, found)
    return np.where(moments > times[-1], count[-1] + (moments - times[-1]) / last, found)
