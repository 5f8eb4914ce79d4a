"""Prometheus's metrics of one performance, in a registry of its own: counted by a witness, read off the board."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from stream_v2m import __version__
from stream_v2m.control.health import Health
from stream_v2m.control.mqtt import MqttCounts
from stream_v2m.control.osc import OscCounts
from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.table import name_of
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.state import Board, PlayerState, State
from stream_v2m.core.values import Affect, Cue, FeatureWindow, Frame, MusicEvent, NoteEvent, StepPlan
from stream_v2m.core.witness import Witness

PREFIX = "stream_v2m_"
STAGE_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # seconds
AHEAD_BOUNDS = (-0.05, -0.01, 0.0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Surfaces:
    """The other surfaces' counts, as far as these are there.

    Attributes:
        clients: how many connections listen to events.
    """

    mqtt: MqttCounts | None = None
    osc: OscCounts | None = None
    clients: Callable[[], int] | None = None


class Metrics(Witness):
    """Counts what the stages tell; everything else is read off the board when somebody asks."""

    def __init__(self, *, board: Board, clock: Clock, health: Health, surfaces: Surfaces = Surfaces()) -> None:
        self.registry = CollectorRegistry()
        self._board, self._clock = board, clock
        stages = Histogram(
            f"{PREFIX}stage_seconds",
            "How long a stage took: observe from a frame's capture to its cues, compose from a window to a plan.",
            ["stage"],
            buckets=STAGE_BOUNDS,
            registry=self.registry,
        )
        self._observe, self._compose = stages.labels("observe"), stages.labels("compose")
        self._ahead = Histogram(
            f"{PREFIX}note_ahead_seconds",
            "How long before it sounds a note was written; below 0 it was late.",
            buckets=AHEAD_BOUNDS,
            registry=self.registry,
        )
        self._steps = Counter(f"{PREFIX}steps", "Steps decided, once more when decided anew.", registry=self.registry)
        self._notes = Counter(f"{PREFIX}notes", "Notes written.", ["part"], registry=self.registry)
        self._commands = Counter(f"{PREFIX}commands", "Live commands given.", ["command"], registry=self.registry)
        self.registry.register(_Readings(board, clock, health, surfaces))
        ProcessCollector(namespace="stream_v2m", registry=self.registry)

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        self._observe.observe(at - frame.time)

    def planned(self, plan: StepPlan, onset: float, duration: float, window: FeatureWindow | None) -> None:
        self._steps.inc()
        self._compose.observe(self._board.state.step_ms / 1000)

    def played(self, events: Sequence[MusicEvent]) -> None:
        now = self._clock.now()
        for event in events:
            if isinstance(event, NoteEvent):
                self._notes.labels(event.part).inc()
                self._ahead.observe(event.onset - now)

    def commanded(self, command: Command, at: float) -> None:
        self._commands.labels(name_of(command)).inc()


class _Readings(Collector):
    """What the board says at the moment of asking."""

    def __init__(self, board: Board, clock: Clock, health: Health, surfaces: Surfaces) -> None:
        self._board, self._clock, self._health, self._surfaces = board, clock, health, surfaces

    def collect(self) -> Iterator[Metric]:
        state = self._board.state
        yield InfoMetricFamily(
            f"{PREFIX}build",
            "What plays.",
            {"version": __version__, "provider": state.provider, "estimator": state.estimator, "tempo": state.tempo},
        )
        yield _gauge("session_seconds", "Since the session began.", self._clock.now())
        yield from self._source(state)
        yield from self._music(state)
        yield from _player(state.player)
        yield from self._how()
        yield from self._outside()

    def _source(self, state: State) -> Iterator[Metric]:
        source = state.source
        yield _counter("frames_seen", "Frames that came.", source.frames + source.dropped)
        yield _counter("frames_used", "Frames that were measured.", source.frames)
        yield _counter("frames_dropped", "Frames that were overtaken by newer ones.", source.dropped)
        yield _counter("source_retries", "How often a lost source was tried again.", source.retries)
        yield _gauge("frame_rate_hz", "Frames measured in a second.", source.rate_hz)
        yield _gauge("frame_age_seconds", "Since the newest frame was measured.", self._health.frame_age)
        ages = GaugeMetricFamily(
            f"{PREFIX}estimator_age_seconds", "How old what it last said of the mood is.", labels=["estimator"]
        )
        for estimator in state.estimators:
            if estimator.age is not None:
                ages.add_metric([estimator.name], estimator.age)
        yield ages

    def _music(self, state: State) -> Iterator[Metric]:
        yield _counter("cuts", "Cuts seen.", state.cuts)
        yield _counter("flashes", "Flashes seen.", state.flashes)
        yield _counter("blind_steps", "Steps decided without a fresh picture.", state.blind_steps)
        yield _gauge("step_age_seconds", "Since a step was decided.", self._health.step_age)
        yield _gauge("bpm", "Beats a minute.", state.bpm)
        yield _gauge("playing", "1 while the music is meant to sound.", state.controls.playing)
        if state.cue is not None:
            yield _gauge("motion", "The picture's motion, 0 to 1.", state.cue.motion)
        if (dynamics := state.dynamics) is not None:
            yield _gauge("loudness", "Linear RMS that the models ask for.", dynamics.loudness)
            yield _gauge("note_density", "Notes sounding in a second that the models ask for.", dynamics.note_density)
        if (affect := state.affect) is not None:
            yield _gauge("valence", "Unpleasant -1 to pleasant 1.", affect.valence)
            yield _gauge("arousal", "Calm -1 to excited 1.", affect.arousal)
            moods = GaugeMetricFamily(f"{PREFIX}emotion_probability", "The picture's mood.", labels=["emotion"])
            for emotion, probability in zip(EMOTIONS, affect.probabilities, strict=True):
                moods.add_metric([emotion], probability)
            yield moods

    def _how(self) -> Iterator[Metric]:
        told = self._health.told()
        yield _gauge("healthy", "1 while it goes on.", told["ok"])
        yield _gauge("ready", "1 while there is something to hear.", told["ready"])

    def _outside(self) -> Iterator[Metric]:
        surfaces = self._surfaces
        if surfaces.clients is not None:
            yield _gauge("websocket_clients", "Open connections for events.", surfaces.clients())
        if (mqtt := surfaces.mqtt) is not None:
            yield _gauge("mqtt_connected", "1 while the broker is there.", mqtt.connected)
            yield _counter("mqtt_connects", "Connections to the broker.", mqtt.connects)
            yield _counter("mqtt_failures", "Connections that failed.", mqtt.failures)
            yield _counter("mqtt_published", "Messages published.", mqtt.published)
            results = {name: getattr(mqtt, name) for name in ("obeyed", "refused", "limited", "retained")}
            yield _counters("mqtt_commands", "Commands that came by MQTT.", "result", results)
        if (osc := surfaces.osc) is not None:
            yield _counter("osc_received", "OSC packets that came.", osc.received)
            results = {name: getattr(osc, name) for name in ("obeyed", "refused", "limited", "malformed")}
            yield _counters("osc_commands", "What became of them.", "result", results)
            yield _counter("osc_sent", "OSC packets sent.", osc.sent)
            yield _counter("osc_unsent", "OSC packets dropped because too many waited.", osc.unsent)


def _player(player: PlayerState) -> Iterator[Metric]:
    yield _counter("messages_sent", "MIDI messages that left.", player.sent)
    yield _counter("messages_late", "Of these, later than player.late_ms.", player.late)
    yield _counter("messages_dropped", "MIDI messages that were never sent.", player.dropped)
    yield _counter("player_restarts", "How often the player's process was started again.", player.restarts)
    yield _counter("player_returns", "How often an output came back.", player.returns)
    yield _gauge("outputs_missing", "MIDI outputs that are not there now.", len(player.problems))
    yield _gauge("sounding_notes", "Notes that sound now.", player.sounding)
    yield _gauge("realtime", "1 if the player has real-time priority.", player.realtime)
    if player.lateness_counts:
        bounds = [(_bound(bound / 1000), float(count)) for bound, count in player.lateness_counts]
        yield HistogramMetricFamily(
            f"{PREFIX}lateness_seconds",
            "How late MIDI messages left the player.",
            buckets=bounds,
            sum_value=player.lateness_sum_ms / 1000,
        )


def _bound(seconds: float) -> str:
    return "+Inf" if math.isinf(seconds) else str(seconds)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, text, value)


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, text, value)


def _counters(name: str, text: str, label: str, values: Mapping[str, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(PREFIX + name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
