"""What is told over MQTT: one JSON value a topic, each with the version of its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stream_v2m.control.words import word
from stream_v2m.core.state import State

VERSION = 1  # it changes when a field changes its meaning or goes; new fields may come
STATUS, ONLINE, OFFLINE = "status", "online", "offline"
COMMAND, ANSWER = "command", "answer"
# seconds; what changes with every frame
INTERVALS = {"cues": 0.25, "affect": 0.25, "health": 1.0}


def topics(state: State, health: Mapping[str, Any], styles: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The state by topic."""
    source, player = state.source, state.player
    told: dict[str, dict[str, Any]] = {
        "chord": {"chord": state.chord, "key": state.key, "step": state.step},
        "next_chord": {"chord": state.next_chord},
        "affect": {
            "emotion": state.affect and state.affect.emotion,
            "valence": state.affect and round(state.affect.valence, 2),
            "arousal": state.affect and round(state.affect.arousal, 2),
            "estimator": state.estimator,
        },
        "dynamics": {
            "loudness": state.dynamics and state.dynamics.loudness,
            "note_density": state.dynamics and round(state.dynamics.note_density, 2),
        },
        "cues": {"motion": state.cue and round(state.cue.motion, 2), "cuts": state.cuts, "flashes": state.flashes},
        "tempo": {"bpm": round(state.bpm, 2), "leader": state.tempo, "playing": state.controls.playing},
        "controls": {"controls": state.controls, "parts": state.parts, "styles": styles},
        "health": {
            **health,
            "phase": state.phase,
            "source": {"name": source.name, "status": source.status, "rate_hz": round(source.rate_hz, 1)},
            "frames": source.frames,
            "frames_dropped": source.dropped,
            "blind_steps": state.blind_steps,
            "sent": player.sent,
            "late": player.late,
            "sounding": player.sounding,
            "problems": player.problems,
        },
    }
    return {topic: {"version": VERSION, **word(fields)} for topic, fields in told.items()}


def teller(health: Callable[[], Mapping[str, Any]], styles: tuple[str, ...]) -> Callable[[State], Mapping[str, Any]]:
    """``topics`` of a state alone."""
    return lambda state: topics(state, health(), styles)
