"""One song for training: chord segments in the model's key, and what else its source knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import NO_CHORD, QUALITIES, ROOTS, VOCABULARY, Chord, Key, Mode

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Picture:
    """A song's second-by-second picture features and music, T seconds.

    ``semantic`` is int8 [T, 384] to be multiplied by ``semantic_scale`` [384]; ``rest`` float32 [T, 8] is the six
    emotions, motion 0–255 and scene offset in seconds; ``loudness`` is linear RMS and ``density`` notes, both [T].
    """

    semantic: NDArray[np.int8]
    semantic_scale: Floats
    rest: Floats
    loudness: Floats
    density: Floats

    @property
    def has_semantics(self) -> bool:
        """Whether the semantics are known; their scale is zero where not."""
        return bool(self.semantic_scale.any())

    def features(self, rows: NDArray[np.int64]) -> Floats:
        """Features float32 [len(rows), 392] in the product's schema; rows past the end repeat the last."""
        rows = np.clip(rows, 0, len(self.semantic) - 1)
        return np.concatenate([self.semantic[rows] * self.semantic_scale, self.rest[rows]], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class Song:
    """One song, chords transposed to C major or A minor.

    ``start`` [M] seconds, ascending, and ``label`` [M] 0…156 are the chord segments, the last of which ends at
    ``end``. ``beat_time`` [K] and ``beat_position`` [K] (fraction of the bar) are half-bar steps where the source has
    beats. ``seconds`` [T] are the labels as published at 1 Hz, where they are.
    """

    source: str
    name: str
    mode: Mode
    start: Floats
    label: Labels
    end: float
    beat_time: Floats | None = None
    beat_position: Floats | None = None
    seconds: Labels | None = None
    picture: Picture | None = None
    split: str = "train"

    def at(self, times: NDArray[np.floating]) -> Labels:
        """The labels sounding at ``times`` [T] in seconds."""
        index = np.searchsorted(self.start, times + 1e-4, side="right") - 1
        return self.label[np.clip(index, 0, len(self.label) - 1)]

    def by_seconds(self, *, phase: float = 0.0, speed: float = 1.0) -> Labels:
        """The labels once a second, from ``phase`` seconds in, the song played ``speed`` times as fast."""
        if self.seconds is not None and phase == 0.0 and speed == 1.0:
            return self.seconds
        count = max(2, int((self.end - phase) / speed))
        return self.at(phase + speed * np.arange(count))

    def digest(self) -> bytes:
        """The same for two copies of one transcription, whatever their names, keys and timings are."""
        change = np.flatnonzero(np.diff(self.label, prepend=-1))
        labels = [int(self.label[i]) for i in change if self.label[i] != NO_CHORD]
        if not labels:
            return b""
        first = (labels[0] - 1) // len(QUALITIES)
        return bytes(
            (((x - 1) // len(QUALITIES) - first) % ROOTS) * len(QUALITIES) + (x - 1) % len(QUALITIES) for x in labels
        )


def estimate_key(labels: Labels, seconds: NDArray[np.floating], *, tonic: int | None = None) -> Key:
    """The key whose scale holds most of the chords' tones, weighted by duration; the tonic's triad breaks ties.

    Args:
        labels: [M] 0…156 at sounding pitch.
        seconds: [M] each one's duration.
        tonic: the pitch class, when the annotator gave one but no mode.
    """
    weight = np.bincount(labels, weights=seconds, minlength=VOCABULARY)
    best, best_score = Key(tonic or 0, "major"), -np.inf
    modes: tuple[Mode, Mode] = ("major", "minor")
    for root in range(ROOTS) if tonic is None else (tonic,):
        for mode in modes:
            score = float(weight @ _key_profile(root, mode))
            if score > best_score:
                best, best_score = Key(root, mode), score
    return best


def _key_profile(tonic: int, mode: Mode) -> NDArray[np.float64]:
    """How well each label [157] fits a key: the share of its tones in the scale, more for the tonic's own triad."""
    key = Key(tonic, mode)
    profile = np.zeros(VOCABULARY)
    for label in range(1, VOCABULARY):
        chord = Chord.from_index(label)
        tones = chord.pitch_classes
        profile[label] = sum(tone in key.scale for tone in tones) / len(tones)
        third = (chord.root or 0) + (4 if mode == "major" else 3)
        if chord.root == tonic and third % ROOTS in tones:
            profile[label] += 0.5
    return profile
