"""Metrics: what is counted, and that the dashboard asks for nothing else."""

from __future__ import annotations

import json
import re

import pytest
from prometheus_client import generate_latest

from stream_v2m.control.health import Health, HealthConfig
from stream_v2m.control.metrics import Metrics, Surfaces
from stream_v2m.control.mqtt import MqttCounts
from stream_v2m.control.osc import OscCounts
from stream_v2m.core.chords import Chord
from stream_v2m.core.commands.harmony import Hold
from stream_v2m.core.resources import configs_folder
from stream_v2m.core.state import Board, EstimatorState, PlayerState, SourceState, State
from stream_v2m.core.values import Affect, Cue, Dynamics, NoteEvent, StepPlan
from tests.support.standing_clock import StandingClock

pytestmark = pytest.mark.unit


def metrics() -> tuple[Metrics, Board]:
    affect = Affect((0.5, 0.1, 0.1, 0.1, 0.1, 0.1), 0.2, -0.3)
    player = PlayerState(sent=12, lateness_counts=((1.0, 9), (float("inf"), 12)), lateness_sum_ms=24.0, sounding=3)
    board = Board(
        State(
            source=SourceState(frames=90, dropped=10),
            player=player,
            affect=affect,
            estimators=(EstimatorState("color", age=0.04), EstimatorState("clip")),
            cue=Cue(1.0, 0.5),
            dynamics=Dynamics(0.1, 4.0),
            step_ms=20.0,
        )
    )
    health = Health(HealthConfig(), board=board, clock=StandingClock(10.0))
    surfaces = Surfaces(MqttCounts(obeyed=2), OscCounts(malformed=5), lambda: 4)
    return Metrics(board=board, clock=StandingClock(10.0), health=health, surfaces=surfaces), board


def value(of: Metrics, name: str, **labels: str) -> float | None:
    return of.registry.get_sample_value(f"stream_v2m_{name}", labels)


def test_frames_are_seen_used_and_dropped():
    of, _ = metrics()
    assert [value(of, f"frames_{kind}_total") for kind in ("seen", "used", "dropped")] == [100, 90, 10]


def test_the_age_of_an_estimate_is_its_estimators_and_none_before_it_has_spoken():
    of, _ = metrics()
    assert value(of, "estimator_age_seconds", estimator="color") == 0.04
    assert value(of, "estimator_age_seconds", estimator="clip") is None


def test_what_the_stages_tell_is_counted():
    of, _ = metrics()
    plan = StepPlan(0, 0.0, 2.0, Chord.parse("C:maj"), Dynamics(0.1, 4.0), None)
    of.planned(plan, 11.0, 1.0, None)
    of.played([NoteEvent(10.04, 0.5, 60, 90, "pad"), NoteEvent(9.98, 0.5, 40, 90, "bass")])
    of.commanded(Hold(on=True), 10.0)
    assert value(of, "steps_total") == 1
    assert value(of, "stage_seconds_sum", stage="compose") == pytest.approx(0.02)
    assert value(of, "notes_total", part="pad") == 1
    assert value(of, "note_ahead_seconds_bucket", le="0.0") == 1  # one was late
    assert value(of, "commands_total", command="hold") == 1


def test_the_players_lateness_is_a_histogram_in_seconds():
    of, _ = metrics()
    assert value(of, "lateness_seconds_bucket", le="0.001") == 9
    assert value(of, "lateness_seconds_count") == 12
    assert value(of, "lateness_seconds_sum") == pytest.approx(0.024)


def test_other_surfaces_and_listeners_are_counted():
    of, _ = metrics()
    assert value(of, "mqtt_commands_total", result="obeyed") == 2
    assert value(of, "osc_commands_total", result="malformed") == 5
    assert value(of, "websocket_clients") == 4


def test_every_metric_of_the_dashboard_is_one_of_ours():
    of, _ = metrics()
    of.played([NoteEvent(10.04, 0.5, 60, 90, "pad")])
    of.commanded(Hold(on=True), 10.0)
    ours = {line.split("{")[0].split(" ")[0] for line in generate_latest(of.registry).decode().splitlines()}
    dashboard = json.loads((configs_folder() / "grafana" / "stream_v2m.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"stream_v2m_\w+", target["expr"])
    }
    assert len(asked) > 30
    assert asked <= ours
