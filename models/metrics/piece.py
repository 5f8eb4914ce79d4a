"""Notes on a grid of bars: what the musicality metrics read, whoever played it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import Chord

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRUMS = 9  # General MIDI's channel 10, counted from 0
_MICROSECONDS = 500_000  # a beat, where a file names no tempo


@dataclass(frozen=True)
class Piece:
    """N notes in order of onset, and the bars that they lie in.

    Attributes:
        beat: onsets [N] in beats.
        start, end: [N] in seconds; no note ends before it starts.
        pitch, velocity: [N] MIDI.
        bars: beats [B + 1] at which bars begin, and the end of the last.
        bar_starts: the same in seconds.
        chords: labels of the chord vocabulary 0…156 and their onsets in seconds.
    """

    beat: Floats
    start: Floats
    end: Floats
    pitch: Ints
    velocity: Ints
    bars: Floats
    bar_starts: Floats
    chords: Ints
    chord_starts: Floats

    def cut(self, first: int, count: int) -> Piece:
        """``count`` bars from bar ``first`` on: the notes and chords that begin in them."""
        bars, starts = self.bars[first : first + count + 1], self.bar_starts[first : first + count + 1]
        notes = (self.beat >= bars[0] - _HALF_A_64TH) & (self.beat < bars[-1] - _HALF_A_64TH)
        chords = (self.chord_starts >= starts[0] - _EARLY) & (self.chord_starts < starts[-1] - _EARLY)
        return Piece(
            beat=self.beat[notes],
            start=self.start[notes],
            end=self.end[notes],
            pitch=self.pitch[notes],
            velocity=self.velocity[notes],
            bars=bars,
            bar_starts=starts,
            chords=self.chords[chords],
            chord_starts=self.chord_starts[chords],
        )

    def by_bar(self, places: int) -> tuple[Ints, Ints]:
        """Each note's bar [N] and its place [N] among ``places`` equal ones of the bar, to the nearest.

        A note just before a bar line belongs to what it anticipates by rounding; notes outside the bars have bar −1.
        """
        bar = np.searchsorted(self.bars, self.beat + 1e-9, side="right") - 1
        inside = np.clip(bar, 0, len(self.bars) - 2)
        share = (self.beat - self.bars[inside]) / (self.bars[inside + 1] - self.bars[inside])
        place = np.rint(share * places).astype(np.int64)
        late = place >= places
        bar, place = np.where(late, bar + 1, bar), np.where(late, 0, place)
        outside = (bar < 0) | (bar > len(self.bars) - 2)
        return np.where(outside, -1, bar), place


_HALF_A_64TH = 1 / 32  # beats: an onset so little early belongs to the bar that follows
_EARLY = 0.05  # seconds: the same for a chord


def read_midi(source: Path | mido.MidiFile, *, tracks: Sequence[str] | None = None) -> Piece:
    """A MIDI file's pitched notes; bars by its first time signature, chords by texts or markers with Harte's labels.

    Where there are chords, a bar begins with the first of them: what comes before is an upbeat.

    Args:
        tracks: names of the tracks to read; all if None.
    """
    file = source if isinstance(source, mido.MidiFile) else mido.MidiFile(source)
    tempi, signature, labels = _meta(file)
    ticks: list[tuple[int, int, int, int]] = []
    for track in file.tracks:
        if tracks is None or track.name in tracks:
            ticks += _notes(track)
    ticks.sort()
    columns = np.array(ticks, np.float64).reshape(-1, 4)
    to_seconds = _Clock(tempi, file.ticks_per_beat)
    beat = columns[:, 0] / file.ticks_per_beat
    last = max([beat.max(initial=0.0), *(tick / file.ticks_per_beat for tick, _ in labels)])
    upbeat = labels[0][0] / file.ticks_per_beat % signature if labels else 0.0
    bars = upbeat + np.arange(0, max(0, np.floor((last - upbeat) / signature + 1e-9)) + 2) * signature
    return Piece(
        beat=beat,
        start=to_seconds(columns[:, 0]),
        end=to_seconds(columns[:, 1]),
        pitch=columns[:, 2].astype(np.int64),
        velocity=columns[:, 3].astype(np.int64),
        bars=bars,
        bar_starts=to_seconds(bars * file.ticks_per_beat),
        chords=np.array([chord.index for _, chord in labels], np.int64),
        chord_starts=to_seconds(np.array([tick for tick, _ in labels], np.float64)),
    )


def _meta(file: mido.MidiFile) -> tuple[list[tuple[int, int]], float, list[tuple[int, Chord]]]:
    """Tempi (tick, microseconds a beat), beats a bar, chords by tick."""
    tempi, labels = [(0, _MICROSECONDS)], []
    signatures: list[tuple[int, float]] = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                tempi.append((tick, message.tempo))
            elif message.type == "time_signature":
                signatures.append((tick, message.numerator * 4 / message.denominator))
            elif message.type in ("text", "marker") and (chord := _chord(message.text)) is not None:
                labels.append((tick, chord))
    signature = _signature(sorted(signatures), file.ticks_per_beat)
    return sorted(tempi, key=lambda each: each[0]), signature, sorted(labels, key=lambda each: each[0])


def _chord(text: str) -> Chord | None:
    try:
        return Chord.parse(text)
    except ValueError:
        return None


def _notes(track: mido.MidiTrack) -> list[tuple[int, int, int, int]]:
    """Begin, end, pitch, velocity; a note that never ends lasts until the track does."""
    tick = 0
    sounding: dict[tuple[int, int], list[tuple[int, int]]] = {}
    found = []
    for message in track:
        tick += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity > 0:
            sounding.setdefault(key, []).append((tick, message.velocity))
        elif sounding.get(key):
            begin, velocity = sounding[key].pop(0)
            found.append((begin, tick, message.note, velocity))
    found += [(begin, tick, note, velocity) for (_, note), left in sounding.items() for begin, velocity in left]
    return found


class _Clock:
    """Ticks to seconds through the changes of tempo."""

    def __init__(self, tempi: list[tuple[int, int]], ticks_per_beat: int) -> None:
        self._tick = np.array([tick for tick, _ in tempi], np.float64)
        self._rate = np.array([tempo / 1e6 / ticks_per_beat for _, tempo in tempi])
        self._begin = np.concatenate([[0.0], np.cumsum(np.diff(self._tick) * self._rate[:-1])])

    def __call__(self, ticks: Floats) -> Floats:
        index = np.searchsorted(self._tick, ticks, side="right") - 1
        found: Floats = self._begin[index] + (ticks - self._tick[index]) * self._rate[index]
        return found


def _signature(signatures: list[tuple[int, float]], ticks_per_beat: int) -> float:
    """Beats a bar: the first signature, or the second where the first makes a single bar, a pickup."""
    if not signatures:
        return 4.0
    (_, first), *others = signatures
    pickup = bool(others) and others[0][0] == first * ticks_per_beat
    return others[0][1] if pickup else first
