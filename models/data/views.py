"""Songs as sequences of steps: the views a model trains on, with their augmentation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.config import TrainConfig
from models.data.labels import transpose_label
from models.data.song import Floats, Labels, Song
from stream_v2m.core.chords import ROOTS, VOCABULARY
from stream_v2m.core.features import CONDITIONS, FEATURE_SIZE, Condition
from stream_v2m.inference.contract import END, PAD, START

PICTURE = (Condition.SEMANTIC, Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET)
LIVE = (Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET)  # what colour and motion alone give

_BAR_RATE_JITTER = 0.2  # of the step duration's logarithm


@dataclass(frozen=True)
class Sequence:
    """T steps: the chord before each, the chord to predict, and the conditions, as arrays of T rows.

    ``target`` is a label, END, or PAD where nothing is to be learnt. ``music`` [T, 2] is loudness and density, NaN
    where unknown.
    """

    previous: Labels
    target: Labels
    features: Floats
    present: Floats
    mode: int
    duration: Floats
    bar: Floats
    music: Floats


def whole(song: Song, *, picture: tuple[Condition, ...] = PICTURE) -> Sequence:
    """A song once a second from its beginning, END included, with the given conditions of the picture."""
    return _sequence(song, song.by_seconds(), np.arange(len(song.by_seconds())), picture=picture)


def _sequence(
    song: Song,
    labels: Labels,
    rows: NDArray[np.int64],
    *,
    picture: tuple[Condition, ...] = PICTURE,
    duration: Floats | None = None,
    bar: Floats | None = None,
) -> Sequence:
    count = len(labels) + 1
    rows = np.append(rows, rows[-1] + 1)
    present = np.zeros((count, CONDITIONS), np.float32)
    present[:, [Condition.KEY, Condition.STEP_DURATION]] = 1
    features = np.zeros((count, FEATURE_SIZE), np.float32)
    music = np.full((count, 2), np.nan, np.float32)
    if song.picture is not None:
        features = song.picture.features(rows)
        present[:, list(picture)] = 1
        if not song.picture.has_semantics:
            present[:, Condition.SEMANTIC] = 0
        known = rows < len(song.picture.loudness)
        music[known] = np.stack([song.picture.loudness, song.picture.density], axis=1)[rows[known]]
    if bar is not None:
        present[:, Condition.BAR_POSITION] = 1
        bar = np.append(bar, np.float32(0))
    return Sequence(
        previous=np.concatenate([[START], labels]),
        target=np.append(labels, END),
        features=features,
        present=present,
        mode=int(song.mode == "minor"),
        duration=np.ones(count, np.float32) if duration is None else np.append(duration, duration[-1]),
        bar=np.zeros(count, np.float32) if bar is None else bar,
        music=music,
    )


def crop(sequence: Sequence, start: int, length: int) -> Sequence:
    """``length`` steps from ``start``, padded at the end if the sequence has fewer."""
    missing = max(start + length - len(sequence.target), 0)

    def cut(values: NDArray[Any], fill: float) -> NDArray[Any]:
        widths = [(0, missing)] + [(0, 0)] * (values.ndim - 1)
        return np.pad(values[start : start + length], widths, constant_values=fill)

    return replace(
        sequence,
        previous=cut(sequence.previous, 0),
        target=cut(sequence.target, PAD),
        features=cut(sequence.features, 0),
        present=cut(sequence.present, 0),
        duration=cut(sequence.duration, 1),
        bar=cut(sequence.bar, 0),
        music=cut(sequence.music, np.nan),
    )


def first(sequence: Sequence, count: int) -> Sequence:
    """The first ``count`` steps, fewer if the sequence has fewer."""
    return crop(sequence, 0, min(count, len(sequence.target)))


class Views:
    """Draws random training sequences of a fixed length.

    The views are "muvi" (with the picture), "seconds" (chords alone, once a second) and "bars" (chords alone, twice a
    bar).
    """

    def __init__(self, songs: list[Song], config: TrainConfig, rng: np.random.Generator) -> None:
        self.config, self.rng = config, rng
        self.pools = {
            "muvi": [song for song in songs if song.picture is not None],
            "seconds": [song for song in songs if song.picture is None and song.end > 20],
            "bars": [song for song in songs if song.beat_time is not None and len(song.beat_time) > 16],
        }
        self.names = [name for name in self.pools if self.pools[name] and config.shares.get(name, 0) > 0]
        assert self.names, "no data for any view"
        weight = np.array([config.shares[name] for name in self.names])
        self.weight = weight / weight.sum()

    def draw(self) -> Sequence:
        """One sequence of ``config.length`` steps, padded at its end."""
        name = str(self.rng.choice(self.names, p=self.weight))
        pool = self.pools[name]
        song = pool[int(self.rng.integers(len(pool)))]
        sequence = self._muvi(song) if name == "muvi" else self._seconds(song) if name == "seconds" else _bars(song)
        if name == "bars":
            jitter = np.float32(np.exp(self.rng.uniform(-_BAR_RATE_JITTER, _BAR_RATE_JITTER)))
            sequence = replace(sequence, duration=sequence.duration * jitter)
        return self._drop(self._transpose(self._crop(sequence)))

    def _muvi(self, song: Song) -> Sequence:
        if self.rng.random() >= self.config.shift:
            return whole(song)
        phase = float(self.rng.random())
        labels = song.at(phase + np.arange(len(song.by_seconds()) - 1))
        return _sequence(song, labels, np.arange(len(labels)))

    def _seconds(self, song: Song) -> Sequence:
        speed = float(np.exp(self.rng.uniform(-self.config.speed, self.config.speed)))
        labels = song.by_seconds(phase=float(self.rng.random()), speed=speed)
        return _sequence(song, labels, np.arange(len(labels)))

    def _crop(self, sequence: Sequence) -> Sequence:
        """A window of the song, half of the time from its beginning; padded if the song is shorter."""
        slack = max(len(sequence.target) - self.config.length, 0)
        start = int(self.rng.integers(slack + 1)) if slack and self.rng.random() < 0.5 else 0
        return crop(sequence, start, self.config.length)

    def _transpose(self, sequence: Sequence) -> Sequence:
        """Now and then in a wrong key, with the key then absent."""
        if self.rng.random() >= self.config.transpose:
            return sequence
        table = np.arange(VOCABULARY + 2)  # START and END share 157, which stays, as PAD does
        semitones = int(self.rng.integers(1, ROOTS))
        table[:VOCABULARY] = [transpose_label(label, semitones) for label in range(VOCABULARY)]
        present = sequence.present.copy()
        present[:, Condition.KEY] = 0
        return replace(sequence, previous=table[sequence.previous], target=table[sequence.target], present=present)

    def _drop(self, sequence: Sequence) -> Sequence:
        """Take conditions away: each one, the picture, semantics alone, and the picture of single steps."""
        config, rng = self.config, self.rng
        present = sequence.present * (rng.random(CONDITIONS) >= config.condition_dropout)
        if rng.random() < config.picture_dropout:
            present[:, list(PICTURE)] = 0
        if rng.random() < config.live_share:
            present[:, Condition.SEMANTIC] = 0
        lost = rng.random(len(present)) < 0.02
        present[np.flatnonzero(lost)[:, None], list(PICTURE)] = 0
        return replace(sequence, present=present.astype(np.float32))


def _bars(song: Song) -> Sequence:
    assert song.beat_time is not None and song.beat_position is not None
    # Just after the onset: annotators put a change and its beat within a few hundredths of each other.
    labels = song.at(song.beat_time + 0.05)
    duration = np.clip(np.diff(song.beat_time, append=song.end), 0.2, 6.0).astype(np.float32)
    return _sequence(song, labels, np.arange(len(labels)), duration=duration, bar=song.beat_position)
