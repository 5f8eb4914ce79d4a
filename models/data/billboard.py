"""McGill Billboard (Burgoyne, Wild & Fujinaga 2011; CC0): chords with bars and tonics as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.data.archives import read_texts
from models.data.labels import parse_label, transpose_label
from models.data.song import Song, estimate_key
from stream_v2m.core.chords import NO_CHORD, parse_pitch_class

_BAR = re.compile(r"\|([^|]*)(?=\|)")
_REPEAT = re.compile(r"\|[^|]* x(\d+)")
_METRE = re.compile(r"\((\d+)/(\d+)\)")

# One bar: onset in seconds, duration in seconds, the labels of its equal parts.
Bar = tuple[float, float, list[int]]


def load(path: Path) -> list[Song]:
    """Songs from the archive or the folder of salami_chords.txt files; a new tonic begins a new song."""
    songs = []
    for name, texts in read_texts(path, frozenset({"salami_chords.txt"})):
        for part, (tonic, bars) in enumerate(_sections(texts["salami_chords.txt"])):
            if len(bars) >= 8:
                songs.append(_to_song(f"{name}.{part}", tonic, bars))
    return songs


def _to_song(name: str, tonic: int | None, bars: list[Bar]) -> Song:
    starts: list[float] = []
    labels: list[int] = []
    times: list[float] = []
    positions: list[float] = []
    for onset, duration, parts in bars:
        starts += [onset + duration * i / len(parts) for i in range(len(parts))]
        labels += parts
        halves = 2 if len(parts) in (1, 2, 4, 8) else 1
        times += [onset + duration * i / halves for i in range(halves)]
        positions += [i / halves for i in range(halves)]
    end = bars[-1][0] + bars[-1][1]
    label = np.array(labels, np.int64)
    key = estimate_key(label, np.diff(starts, append=end), tonic=tonic)
    origin = starts[0]
    return Song(
        source="billboard",
        name=name,
        mode=key.mode,
        start=np.array(starts, np.float32) - np.float32(origin),
        label=np.array([transpose_label(x, -key.shift) for x in labels], np.int64),
        end=end - origin,
        beat_time=np.array(times, np.float32) - np.float32(origin),
        beat_position=np.array(positions, np.float32),
    )


def _sections(text: str) -> Iterator[tuple[int | None, list[Bar]]]:
    """Runs of bars with one tonic. A timed line lasts until the next; its bars share the time equally."""
    lines: list[tuple[float, str, int | None]] = []
    tonic: int | None = None
    for line in text.splitlines():
        if line.startswith("# tonic:"):
            tonic = parse_pitch_class(line.split(":")[1].strip())
        elif line[:1].isdigit():
            time, _, content = line.partition("\t")
            lines.append((float(time), content, tonic))
    bars: list[Bar] = []
    current: int | None = None
    for (onset, content, key), (after, _, _) in pairwise(lines):
        if key != current and bars:
            yield current, bars
            bars = []
        current = key
        parts = _bars(content)
        duration = (after - onset) / max(len(parts), 1)
        bars += [(onset + duration * i, duration, labels) for i, labels in enumerate(parts)]
    if bars:
        yield current, bars


def _bars(content: str) -> list[list[int]]:
    """The labels of each bar's equal parts; '.' holds, '*' and what cannot be read count as 'no chord'."""
    bars: list[list[int]] = []
    for match in _BAR.finditer(content):
        labels: list[int] = []
        for word in _METRE.sub("", match[1]).split():
            labels.append(labels[-1] if word == "." and labels else parse_label(word) or NO_CHORD)
        bars.append(labels or [NO_CHORD])
    repeat = _REPEAT.search(content + " ")
    return bars * int(repeat[1]) if repeat else bars
