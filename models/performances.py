"""Performances made for measuring: reels of film, what the program plays to them, what it would choose.

It knows the session, as the player does: what is measured must be what is played.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_v2m.config import Config
from stream_v2m.core.chords import VOCABULARY, Chord
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.tempo import USUAL_BPM
from stream_v2m.core.trace import Trace
from stream_v2m.core.values import Affect, Event, FeatureWindow, Frame
from stream_v2m.core.worker import InlineWorker
from stream_v2m.inference.composer import Composer, Place
from stream_v2m.inference.contract import StepInput
from stream_v2m.inference.decoder import Decoder, DecoderState
from stream_v2m.inference.dynamics import DynamicsModel
from stream_v2m.inference.sampling import Sampler
from stream_v2m.midi.outputs import Outputs
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.media import MediaFile
from stream_v2m.sources.scenario import MOODS, Scenario, Shot
from stream_v2m.sources.source import Source, SourceConfig, SourceInfo
from stream_v2m.stages.compose import LATEST_COMMIT_S, OFF_THE_BEAT
from stream_v2m.vision.observer import Observer


@dataclass
class Reel:
    """Frames kept in memory, to be played again and again; a source of pictures.

    Only the small pictures are kept: estimators of mood that want the whole picture cannot be used.
    """

    name: str
    seconds: float
    kept: list[Frame]
    live: bool = False

    def open(self) -> SourceInfo:
        return SourceInfo(self.name, 160, 90, len(self.kept) / self.seconds, self.seconds)

    def frames(self) -> Iterator[Frame]:
        yield from self.kept

    def close(self) -> None:
        """Nothing is held."""

    def motion(self) -> tuple[list[float], list[float]]:
        """Times, and mean absolute luma differences 0–255 to the frame before: measured here, not by the program."""
        luma = [frame.small[0].astype(np.int16) for frame in self.kept]
        changes = [float(np.abs(b - a).mean()) for a, b in pairwise(luma)]
        return [frame.time for frame in self.kept[1:]], changes


def film(seed: int, seconds: float) -> Reel:
    """The synthetic film."""
    return _kept(Film(SourceConfig(), seed=seed, seconds=seconds), f"film {seed}", seconds)


def film_of(moods: Sequence[str], seed: int, seconds: float) -> Reel:
    """A synthetic film of these moods alone, in turn, a shot each."""
    found = Film(SourceConfig(), seed=seed, seconds=seconds)
    chosen = [next(mood for mood in MOODS if mood.name == name) for name in moods]
    length = seconds / len(chosen)
    shots = tuple(Shot(mood, i * length, (i + 1) * length, "cut") for i, mood in enumerate(chosen))
    found.scenario = Scenario(seed, seconds, shots)
    return _kept(found, " + ".join(moods), seconds)


def footage(path: Path, begin: float, seconds: float) -> Reel:
    """A stretch of a film on disk.

    Raises:
        SourceError: it cannot be read.
    """
    source = MediaFile(path, SourceConfig(seek_s=begin))
    return _kept(source, f"{path.stem} {begin:g}–{begin + seconds:g} s", seconds)


def _kept(source: Source, name: str, seconds: float) -> Reel:
    source.open()
    kept = []
    for frame in source.frames():
        if frame.time >= seconds:
            break
        kept.append(replace(frame, picture=_blank))
    source.close()
    return Reel(name, seconds, kept)


def _blank(width: int, height: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def perform(reel: Reel, settings: Sequence[str] = (), **controls: Any) -> Trace:
    """What the program plays to the reel, as ``stream-v2m render`` does.

    By its defaults but for ``settings``, as ``section.key=value``, and ``controls``.
    """
    config = _turned(_config(settings), controls)
    trace = Trace(title=reel.name)

    async def play() -> None:
        session = Session(
            config, reel, Outputs(), clock=VirtualClock(), worker=lambda name: InlineWorker(), witnesses=[trace]
        )
        await session.run()

    run_virtual(play())
    return trace


def _config(settings: Sequence[str]) -> Config:
    return Config.load(assignments=settings) if settings else Config()


def _turned(config: Config, controls: dict[str, Any]) -> Config:
    return config.model_copy(update={"controls": replace(config.controls, **controls)})


@dataclass(frozen=True)
class Choice:
    """One chord chosen; ``surprise`` is its −log probability in nats under the unsteered AMT, given what sounded."""

    chord: Chord
    affect: Affect | None
    changed: bool
    surprise: float


class Chooser:
    """Chooses chords as a performance would, without its notes: many times over at little cost.

    Args:
        settings: ``section.key=value``, where the performance is not by its defaults.
    """

    def __init__(self, settings: Sequence[str] = ()) -> None:
        self._config = _config(settings)
        self._decoder = Decoder.open()
        self._dynamics = DynamicsModel.open()

    def windows(self, reel: Reel) -> list[FeatureWindow]:
        """What each step of the reel sees when it is decided, for the last time."""
        config = self._config
        beat = 60 / USUAL_BPM
        period = config.step.period_beats * beat
        observer = Observer(config.vision)
        sights = [observer.see(frame, span=period) for frame in reel.frames()]
        times = np.array([sight.window.time for sight in sights])
        cuts = [s.window.time for s in sights if any(cue.event is Event.CUT for cue in s.cues)]
        ahead = config.step.commit_ahead_s or period - OFF_THE_BEAT
        found = []
        for step in range(int(reel.seconds / period) + 1):
            early = min(ahead, LATEST_COMMIT_S) if step == 0 else ahead
            onset = config.step.lead_in_beats * beat + step * period
            moment = onset - early
            revised = [cut for cut in cuts if config.step.revise and step and moment < cut < onset - LATEST_COMMIT_S]
            if moment < times[-1]:
                found.append(sights[int(np.searchsorted(times, max([moment, *revised]), side="right")) - 1].window)
        return found

    def choose(self, windows: Sequence[FeatureWindow], **controls: Any) -> list[Choice]:
        """The chords for these windows, a step each, by the settings but for ``controls``."""
        config = _turned(self._config, controls)
        heard = _Heard(self._decoder)
        composer = Composer(heard, self._dynamics, Sampler(config.sampler))
        choices: list[Choice] = []
        for step, window in enumerate(windows):
            bars = step * config.step.period_beats / config.music.beats_per_bar
            place = Place(config.step.period_beats * 60 / USUAL_BPM, bars)
            chord, _ = composer.step(window, place, config.controls)
            assert chord.key is not None
            label = chord.transposed(-chord.key.shift).index
            changed = not choices or choices[-1].chord.index != chord.index
            choices.append(Choice(chord, window.affect, changed, surprise(heard.logits, label)))
        return choices


def surprise(logits: NDArray[np.float32], label: int) -> float:
    """−log probability in nats of a chord label 0…156 among the chords; logits [159]."""
    scores = logits[:VOCABULARY].astype(np.float64)
    top = scores.max()
    return float(top + np.log(np.exp(scores - top).sum()) - scores[label])


class _Heard(Decoder):
    """A decoder whose last logits can be read."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__(decoder._session, decoder.metadata)
        self.logits = np.zeros(0, np.float32)

    def step(self, inputs: Sequence[StepInput], state: DecoderState) -> NDArray[np.float32]:
        found = super().step(inputs, state)
        self.logits = found[0]
        return found
