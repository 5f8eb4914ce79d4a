"""What OSC addresses mean: commands with their arguments, the state, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from stream_v2m.control.osc_packet import Argument, bundle, message
from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.table import COMMANDS
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import State
from stream_v2m.core.values import NoteEvent

ROOT = "/stream_v2m/"
COMMAND = ROOT + "command/"
ANSWER = ROOT + "answer"
NOTE = ROOT + "note"
RELEASED = ROOT + "released"


def fields_of(kind: type[Command]) -> list[str]:
    """A command's arguments in the order in which OSC gives them: its own, then ``when``."""
    return [name for name in kind.model_fields if name != "when"] + ["when"]


def arguments_of(name: str, values: Sequence[Argument]) -> dict[str, Any] | None:
    """The arguments of the command called ``name``: by position, or as pairs of name and value.

    Returns:
        None for a button that was let go: 0 for a command that takes nothing.

    Raises:
        ConfigError: no such command, or more values than it takes.
    """
    if name not in COMMANDS:
        raise ConfigError("no such command", where=name, expected="one of " + ", ".join(COMMANDS))
    fields = fields_of(COMMANDS[name])
    if fields == ["when"] and len(values) == 1 and not isinstance(values[0], str):
        return {} if values[0] else None
    if values and len(values) % 2 == 0 and all(value in fields for value in values[::2]):
        return dict(zip(map(str, values[::2]), values[1::2], strict=True))
    if len(values) > len(fields):
        raise ConfigError("too many arguments", where=name, got=len(values), expected=", ".join(fields))
    return {field: value for field, value in zip(fields, values, strict=False) if value is not None}


def say(state: State) -> Mapping[str, tuple[Argument, ...]]:
    """The state as addresses and arguments; what is unknown is left out."""
    said: dict[str, tuple[Argument, ...]] = {
        "phase": (state.phase,),
        "playing": (state.controls.playing,),
        "style": (state.controls.style,),
        "bpm": (round(state.bpm, 2),),
        "beat": (round(state.beat, 3),),
        "step": (state.step,),
        "cuts": (state.cuts,),
        "flashes": (state.flashes,),
        "chord": ("" if state.chord is None else state.chord.symbol,),
        "next_chord": ("" if state.next_chord is None else state.next_chord.symbol,),
        "key": ("" if state.key is None else str(state.key),),
    }
    if state.cue is not None:
        said["motion"] = (round(state.cue.motion, 3),)
    if (affect := state.affect) is not None:
        said |= {"emotion": (affect.emotion,), "valence": (round(affect.valence, 3),)}
        said["arousal"] = (round(affect.arousal, 3),)
        said["emotions"] = tuple(round(part, 3) for part in affect.probabilities)
        assert len(said["emotions"]) == len(EMOTIONS)
    if (dynamics := state.dynamics) is not None:
        said |= {"loudness": (round(dynamics.loudness, 4),), "note_density": (round(dynamics.note_density, 2),)}
    return {ROOT + name: values for name, values in said.items()}


def note_bundles(notes: Sequence[NoteEvent], channels: Mapping[str, int], clock: Clock) -> list[bytes]:
    """One bundle for each moment at which notes begin: part, pitch, velocity, seconds, MIDI channel."""
    return [
        bundle(
            clock.wall(onset),
            [
                message(NOTE, note.part, note.pitch, note.velocity, note.duration, channels.get(note.part, 0))
                for note in together
            ],
        )
        for onset, together in groupby(sorted(notes, key=attrgetter("onset")), key=attrgetter("onset"))
    ]
