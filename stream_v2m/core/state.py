"""The performance's observable state: one frozen snapshot, and the board where stages put what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from stream_v2m.core.channel import Latest
from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.controls import Controls
from stream_v2m.core.inputs import InputState
from stream_v2m.core.values import Affect, Cue, Dynamics

Phase = Literal["starting", "playing", "resting", "ending", "stopped"]
HISTORY = 16


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where the pictures come from and how they arrive; latencies in milliseconds.

    Attributes:
        name: one of ``State.sources``.
        status: what it does; of a lost source why, and when it is tried again.
        observe_ms: from a picture's arrival until it is measured.
        age_ms: of the newest picture, from its capture on; told of a live source.
        latency_ms: of a live source: so old its pictures are when they arrive, as calibrated.
        retries: how often a lost source was tried again.
        width, height: of its pictures, in pixels; 0: not known.
    """

    name: str = ""
    status: str = "closed"
    frames: int = 0
    rate_hz: float = 0.0
    dropped: int = 0
    observe_ms: float = 0.0
    age_ms: float = 0.0
    latency_ms: float = 0.0
    retries: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class PlayerState:
    """The player process: what it sent, how late, and what sounds. Lateness in milliseconds.

    Attributes:
        lateness_counts: upper bounds in milliseconds, each with the count of messages up to it; these and
            ``lateness_sum_ms`` begin anew with a new process.
        problems: one sentence for each output that is missing now, with the cure.
        restarts: how often its process was started again.
        returns: how often outputs came back, or their clocks lost their place: a clock's generator
            must send song position and Continue when this or ``restarts`` has changed.
    """

    status: str = "closed"
    ports: tuple[str, ...] = ()
    realtime: bool = False
    sent: int = 0
    late: int = 0
    dropped: int = 0
    lateness_p50_ms: float = 0.0
    lateness_p99_ms: float = 0.0
    lateness_max_ms: float = 0.0
    sounding: int = 0
    restarts: int = 0
    returns: int = 0
    problems: tuple[str, ...] = ()
    lateness_sum_ms: float = 0.0
    lateness_counts: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class EstimatorState:
    """One estimator of the mood: what it is, and how it keeps up.

    Attributes:
        name: as on the command line.
        model, precision, provider: of the model behind it, if any.
        semantics: whether it gives the embedding that the models were trained with.
        share: of the mood, 0–1; 0 while it is not heard or not believed.
        confidence: its own, 0–1.
        age: seconds from the newest frame back to the one that it last told of; None before the first.
        rate_hz, cost_ms: how often it is asked, and what it costs; 0 for one that is asked about every frame.
    """

    name: str
    model: str = ""
    precision: str = ""
    provider: str = ""
    semantics: bool = False
    share: float = 0.0
    confidence: float = 0.0
    age: float | None = None
    rate_hz: float = 0.0
    cost_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class GraphState:
    """One model file: the execution provider that was asked for, and the one that really runs it."""

    name: str
    asked: str
    used: str


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a surface may show.

    Attributes:
        bpm: the tempo as it is; ``controls.bpm`` is the one that was asked for.
        tempo: who leads it, and how that goes.
        parts: of the style that plays, in its order.
        sources: names of those that can be switched to.
        waiting: commands that take effect on a beat or bar to come, by name.
        inputs: MIDI inputs and how they are.
        estimator: whom the music listens to for the mood, as on the command line.
        estimators: those that are at work, more on each.
        semantics: whether the newest window has the picture's semantics.
        zones: motion of each zone of the picture, by name.
        flow: where to what moves goes, right and down, each −1…1.
        onsets: gestures that have begun, counted.
        provider: what runs the AMT.
        graphs: what runs each model.
    """

    phase: Phase = "starting"
    time: float = 0.0
    beat: float = 0.0
    bpm: float = 0.0
    tempo: str = ""
    parts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    inputs: tuple[InputState, ...] = ()
    controls: Controls = field(default_factory=Controls)
    source: SourceState = field(default_factory=SourceState)
    player: PlayerState = field(default_factory=PlayerState)
    estimator: str = ""
    estimators: tuple[EstimatorState, ...] = ()
    semantics: bool = False
    provider: str = ""
    graphs: tuple[GraphState, ...] = ()
    affect: Affect | None = None
    cue: Cue | None = None
    cuts: int = 0
    flashes: int = 0
    onsets: int = 0
    zones: Mapping[str, float] = field(default_factory=dict)
    flow: tuple[float, float] = (0.0, 0.0)
    key: Key | None = None
    chord: Chord | None = None
    next_chord: Chord | None = None
    history: tuple[Chord, ...] = ()
    dynamics: Dynamics | None = None
    step: int = 0
    blind_steps: int = 0
    step_ms: float = 0.0
    notices: tuple[str, ...] = ()


class Board:
    """Holds the newest state; stages update it, surfaces look or wait for a change."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._watchers: list[Latest[State]] = []

    @property
    def state(self) -> State:
        return self._state

    @property
    def controls(self) -> Controls:
        return self._state.controls

    def update(self, **changes: Any) -> None:
        """Replace fields of ``State``; fields of its parts are replaced by whole parts."""
        self._state = replace(self._state, **changes)
        for watcher in self._watchers:
            watcher.put(self._state)

    def notice(self, text: str) -> None:
        """Tell whoever watches; the last few are kept."""
        self.update(notices=(*self._state.notices, text)[-HISTORY:])

    def watch(self) -> Latest[State]:
        """A slot that always holds the newest state."""
        watcher: Latest[State] = Latest()
        self._watchers.append(watcher)
        return watcher

    def unwatch(self, watcher: Latest[State]) -> None:
        """Stop filling a slot given by ``watch``."""
        self._watchers.remove(watcher)
