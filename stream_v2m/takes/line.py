"""The lines of a take's log: each value that is kept as one JSON object, and back, to the last bit.

A line's first key says what it is. Moments are session seconds; JSON's decimal numbers give back the very
double that was written. Features are little-endian float32 in base64, the present conditions' places alone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.table import COMMANDS, parse_command
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.features import CONDITIONS, EMOTION, FEATURE_SIZE, MOTION, SCENE_OFFSET, SEMANTIC, Condition
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import (
    ALL_PORTS,
    Affect,
    Cue,
    Dynamics,
    Event,
    FeatureWindow,
    MidiEvent,
    StepPlan,
)

VERSION = 1
FLOAT32 = np.dtype("<f4")
ROUNDING = 1e-6  # seconds; a virtual clock may wake this much off the moment that was asked for

Line = dict[str, Any]

_PLACES = {
    Condition.SEMANTIC: SEMANTIC,
    Condition.EMOTION: EMOTION,
    Condition.MOTION: slice(MOTION, MOTION + 1),
    Condition.SCENE_OFFSET: slice(SCENE_OFFSET, SCENE_OFFSET + 1),
}
_NAMES = {command: name for name, command in COMMANDS.items()}


@dataclass(frozen=True, slots=True)
class Header:
    """What a take begins with.

    Attributes:
        source: as written on the command line.
        config: the whole configuration, as JSON has it.
        style: the text of the style's file.
        program: the version of what played.
        begun: date and time, ISO 8601.
    """

    source: str
    config: Mapping[str, Any]
    style: str
    program: str
    begun: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame's cues, the motion first, and when they reached the performer."""

    at: float
    cues: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: where it was to sound, in seconds, and what it was decided from; None if blindly."""

    plan: StepPlan
    onset: float
    duration: float
    window: FeatureWindow | None


def header_line(header: Header) -> Line:
    return {
        "take": VERSION,
        "program": header.program,
        "begun": header.begun,
        "source": header.source,
        "config": header.config,
        "style": header.style,
    }


def read_header(line: Line) -> Header:
    return Header(line["source"], line["config"], line["style"], line["program"], line["begun"])


def seen_line(seen: Seen) -> Line:
    """Motion, and only what is not the rule: a direction, zones, a frame that took its time, an event."""
    motion, *events = seen.cues
    line: Line = {"seen": motion.time, "motion": motion.motion}
    if motion.flow != (0.0, 0.0):
        line["flow"] = [*motion.flow]
    if motion.zones:
        line["zones"] = [*motion.zones]
    if seen.at - motion.time > ROUNDING:
        line["at"] = seen.at
    if events:
        line["events"] = [[cue.event.value, cue.origin] for cue in events if cue.event is not None]
    return line


def read_seen(line: Line) -> Seen:
    right, down = line.get("flow", (0.0, 0.0))
    zones = tuple(map(float, line.get("zones", ())))
    cue = Cue(float(line["seen"]), float(line["motion"]), flow=(float(right), float(down)), zones=zones)
    events = (replace(cue, event=Event(name), origin=origin) for name, origin in line.get("events", ()))
    return Seen(float(line.get("at", cue.time)), (cue, *events))


def step_line(step: Step) -> Line:
    plan = step.plan
    return {
        "step": plan.step,
        "beat": plan.onset,
        "beats": plan.duration,
        "at": step.onset,
        "lasts": step.duration,
        "chord": str(plan.chord),
        "key": plan.chord.key and str(plan.chord.key),
        "loudness": plan.dynamics.loudness,
        "density": plan.dynamics.note_density,
        "window": step.window and _window_line(step.window),
    }


def read_step(line: Line) -> Step:
    key = line["key"] and Key.parse(line["key"])
    window = line["window"] and _read_window(line["window"])
    dynamics = Dynamics(float(line["loudness"]), float(line["density"]))
    chord = Chord.parse(line["chord"], key)
    affect = window.affect if window else None
    plan = StepPlan(int(line["step"]), float(line["beat"]), float(line["beats"]), chord, dynamics, affect)
    return Step(plan, float(line["at"]), float(line["lasts"]), window)


def _window_line(window: FeatureWindow) -> Line:
    places = [window.features[place] for bit, place in _PLACES.items() if window.present[bit]]
    packed = np.concatenate(places or [np.zeros(0, np.float32)]).astype(FLOAT32).tobytes()
    affect = window.affect
    return {
        "time": window.time,
        "span": window.span,
        "motion": window.motion,
        "affect": affect and [*affect.probabilities, affect.valence, affect.arousal],
        "present": [int(bit) for bit in np.flatnonzero(window.present)],
        "features": base64.b64encode(packed).decode("ascii"),
        "schema": window.schema,
    }


def _read_window(line: Line) -> FeatureWindow:
    present = np.zeros(CONDITIONS, np.bool_)
    present[line["present"]] = True
    features = np.zeros(FEATURE_SIZE, np.float32)
    places = [np.arange(FEATURE_SIZE)[place] for bit, place in _PLACES.items() if present[bit]]
    packed = np.frombuffer(base64.b64decode(line["features"], validate=True), FLOAT32)
    if sum(map(len, places)) != len(packed):
        raise ValueError(f"{len(packed)} features")
    if places:
        features[np.concatenate(places)] = packed
    affect = line["affect"] and _read_affect(*map(float, line["affect"]))
    return FeatureWindow(
        float(line["time"]), float(line["span"]), features, present, affect, float(line["motion"]), int(line["schema"])
    )


def _read_affect(*values: float) -> Affect:
    if len(values) != len(EMOTIONS) + 2:
        raise ValueError(f"{len(values)} values of a mood")
    *probabilities, valence, arousal = values
    return Affect(tuple(probabilities), valence, arousal)


def midi_line(event: MidiEvent) -> Line:
    line: Line = {"midi": event.message.hex(), "due": event.due}
    if event.release is not None:
        line["until"] = event.release
    if event.port != ALL_PORTS:
        line["port"] = event.port
    return line


def read_midi(line: Line) -> MidiEvent:
    message = bytes.fromhex(line["midi"])
    if not message:
        raise ValueError("no message")
    return MidiEvent(float(line["due"]), int(line.get("port", ALL_PORTS)), message, line.get("until"))


def command_line(command: Command, at: float) -> Line:
    return {"command": _NAMES[type(command)], "arguments": command.model_dump(mode="json"), "at": at}


def read_command(line: Line) -> tuple[float, Command]:
    return float(line["at"]), parse_command(line["command"], line["arguments"])


def segment_line(segment: Segment) -> Line:
    return {"tempo": segment.bpm, "moment": segment.moment, "beat": segment.beat}


def read_segment(line: Line) -> Segment:
    return Segment(float(line["moment"]), float(line["beat"]), float(line["tempo"]))
