"""All live commands by the name that every surface calls them by. There is no second set."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from stream_v2m.core.commands.arrangement import Mute, SetStyle, Solo, TrimDensity, TrimLoudness
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.gestures import (
    SetAccents,
    SetAccentSnap,
    SetAccentStrength,
    SetChordOnCut,
    SetCueStrength,
    SetMotionOnsets,
    SetZone,
    SetZoneStrength,
)
from stream_v2m.core.commands.harmony import Hold, LockKey, LockScale, Reseed, SetTemperature, Transpose
from stream_v2m.core.commands.mood import FreezeRange, SetAffect, SetAffectStrength, SetCutCadence, SetGuidance
from stream_v2m.core.commands.performance import Learn, Panic, Play, Quit, SetSource, Stop
from stream_v2m.core.commands.tempo import Nudge, SetPaceStrength, SetTempo, Tap
from stream_v2m.core.config import first_fault
from stream_v2m.core.errors import ConfigError

COMMANDS: dict[str, type[Command]] = {
    "play": Play,
    "stop": Stop,
    "quit": Quit,
    "panic": Panic,
    "hold": Hold,
    "reseed": Reseed,
    "lock_key": LockKey,
    "lock_scale": LockScale,
    "transpose": Transpose,
    "set_tempo": SetTempo,
    "tap": Tap,
    "nudge": Nudge,
    "set_style": SetStyle,
    "set_source": SetSource,
    "mute": Mute,
    "solo": Solo,
    "set_temperature": SetTemperature,
    "set_affect_strength": SetAffectStrength,
    "set_affect": SetAffect,
    "set_guidance": SetGuidance,
    "set_cut_cadence": SetCutCadence,
    "set_cue_strength": SetCueStrength,
    "set_accents": SetAccents,
    "set_accent_strength": SetAccentStrength,
    "set_accent_snap": SetAccentSnap,
    "set_motion_onsets": SetMotionOnsets,
    "set_chord_on_cut": SetChordOnCut,
    "set_zone": SetZone,
    "set_zone_strength": SetZoneStrength,
    "set_pace_strength": SetPaceStrength,
    "trim_density": TrimDensity,
    "trim_loudness": TrimLoudness,
    "freeze_range": FreezeRange,
    "learn": Learn,
}


def name_of(command: Command) -> str:
    """The name that every surface calls a command by."""
    return next(name for name, kind in COMMANDS.items() if kind is type(command))


def parse_command(name: str, arguments: dict[str, Any]) -> Command:
    """The command called ``name``, with its arguments checked.

    Raises:
        ConfigError: no such command, or arguments that it does not take.
    """
    if name not in COMMANDS:
        raise ConfigError("no such command", where=name, expected="one of " + ", ".join(COMMANDS))
    try:
        return COMMANDS[name].model_validate(arguments)
    except ValidationError as error:
        key, what, got = first_fault(error)
        raise ConfigError(what, where=f"{name}.{key}", got=got) from error
