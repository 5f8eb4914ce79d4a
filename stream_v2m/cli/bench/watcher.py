"""The watcher: a witness, an eye, models and outputs that keep when each thing began and ended, and change nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import Chord
from stream_v2m.core.clock import Clock
from stream_v2m.core.controls import Controls
from stream_v2m.core.stamps import Stamps, number_of
from stream_v2m.core.values import Affect, Cue, Dynamics, Event, FeatureWindow, Frame, MidiEvent, MusicEvent, StepPlan
from stream_v2m.core.witness import Witness
from stream_v2m.inference.composer import Composer, Place
from stream_v2m.inference.contract import StepInput
from stream_v2m.inference.decoder import Decoder, DecoderState
from stream_v2m.inference.dynamics import DynamicsModel, DynamicsState
from stream_v2m.midi.outputs import Outputs
from stream_v2m.midi.player import Player
from stream_v2m.vision.mood import Mood
from stream_v2m.vision.observer import Observer, Sight, VisionConfig
from stream_v2m.vision.window import Sample, WindowBuilder

# Columns of each file of stamps; moments are session seconds.
COLUMNS: dict[str, tuple[str, ...]] = {
    "packets": ("number", "read", "decoded"),
    "pictures": ("number", "taken", "made"),
    "looks": ("frame", "began", "measured", "ended"),
    "saw": ("frame", "at"),
    "events": ("kind", "frame", "origin", "at"),
    "plans": ("at", "frame", "step"),
    "steps": ("began", "ended"),
    "amt": ("began", "ended"),
    "gru": ("began", "ended"),
    "wrote": ("woke", "at"),
    "sent": ("at", "due", "message", "accent", "frame"),
}
KINDS = {Event.HIT: 0, Event.CUT: 1, Event.FLASH: 2, Event.ONSET: 3}
SUFFIX = ".f64"


class Watcher(Witness):
    """Keeps the stamps of one performance in files of a folder.

    Args:
        accents: names of the parts that answer cuts and flashes.
    """

    def __init__(self, folder: Path, clock: Clock, accents: frozenset[str]) -> None:
        self.clock, self._accents = clock, accents
        self._closing = ExitStack()
        self.stamps = {name: Stamps(folder / f"{name}{SUFFIX}", len(columns)) for name, columns in COLUMNS.items()}
        for stamps in self.stamps.values():
            self._closing.callback(stamps.close)
        self._newest = math.nan
        self._written: list[bool] = []

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        self._newest = frame.time
        self.stamps["saw"].add(frame.time, at)
        for cue in cues:
            if cue.event is not None:
                origin = cue.time if cue.origin is None else cue.origin
                self.stamps["events"].add(KINDS[cue.event], cue.time, origin, at)

    def planned(self, plan: StepPlan, onset: float, duration: float, window: FeatureWindow | None) -> None:
        self.stamps["plans"].add(self.clock.now(), math.nan if window is None else window.time, plan.step)

    def wrote(self, since: float, at: float) -> None:
        self.stamps["wrote"].add(since, at)

    def played(self, events: Sequence[MusicEvent]) -> None:
        self._written = [event.part in self._accents for event in events]  # as messages they follow at once

    def handing(self, messages: Sequence[MidiEvent], at: float) -> None:
        """These are handed to the outputs now."""
        written, self._written = self._written, []
        accents = written if len(written) == len(messages) else [False] * len(messages)
        for event, accent in zip(messages, accents, strict=True):
            self.stamps["sent"].add(at, event.due, number_of(event.message), accent, self._newest)

    def close(self) -> None:
        """Write what is left, once nothing plays any more."""
        self._closing.close()


class WatchedOutputs(Outputs):
    """The usual outputs; a witness hears of messages only when they are on their way."""

    def __init__(self, player: Player, watcher: Watcher) -> None:
        super().__init__(player)
        self._watcher = watcher

    def send(self, events: Iterable[MidiEvent]) -> None:
        events, at = list(events), self._watcher.clock.now()
        super().send(events)
        self._watcher.handing(events, at)


class WatchedObserver(Observer):
    """The usual observer."""

    def __init__(self, config: VisionConfig, watcher: Watcher, *, mood: Mood | None = None) -> None:
        super().__init__(config, mood=mood)
        self._watcher = watcher
        self._windows = self._watched = _WatchedWindows(watcher.clock)

    def see(self, frame: Frame, *, span: float) -> Sight:
        began = self._watcher.clock.now()
        sight = super().see(frame, span=span)
        self._watcher.stamps["looks"].add(frame.time, began, self._watched.began, self._watcher.clock.now())
        return sight


class _WatchedWindows(WindowBuilder):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.began = 0.0

    def add(self, sample: Sample, *, span: float, scene_start: float) -> FeatureWindow:
        self.began = self._clock.now()
        return super().add(sample, span=span, scene_start=scene_start)


class WatchedComposer(Composer):
    """The usual composer, of watched models."""

    watcher: Watcher

    def step(self, window: FeatureWindow, place: Place, controls: Controls) -> tuple[Chord, Dynamics]:
        with self._stamped():
            return super().step(window, place, controls)

    def revise(self, window: FeatureWindow, place: Place, controls: Controls) -> tuple[Chord, Dynamics]:
        with self._stamped():
            return super().revise(window, place, controls)

    @contextmanager
    def _stamped(self) -> Iterator[None]:
        began = self.watcher.clock.now()
        yield
        self.watcher.stamps["steps"].add(began, self.watcher.clock.now())


class WatchedDecoder(Decoder):
    """The AMT."""

    watcher: Watcher

    def step(self, inputs: Sequence[StepInput], state: DecoderState) -> NDArray[np.float32]:
        began = self.watcher.clock.now()
        logits = super().step(inputs, state)
        self.watcher.stamps["amt"].add(began, self.watcher.clock.now())
        return logits


class WatchedDynamics(DynamicsModel):
    """The GRU."""

    watcher: Watcher

    def step(self, inputs: Sequence[StepInput], chords: Sequence[int], state: DynamicsState) -> NDArray[np.float32]:
        began = self.watcher.clock.now()
        levels = super().step(inputs, chords, state)
        self.watcher.stamps["gru"].add(began, self.watcher.clock.now())
        return levels
