"""The commands about the tempo."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stream_v2m.core.commands.command import Command, Setting
from stream_v2m.core.controls import Bpm, Strength

Nudging = Annotated[float, Field(ge=-2, le=2)]


class SetTempo(Setting):
    """Go on at another tempo."""

    control = "bpm"
    bpm: Bpm


class Tap(Command):
    """Tap the tempo: it goes by the last few taps."""


class Nudge(Command):
    """Move the beat ahead (above 0) or back by so many beats, gliding."""

    beats: Nudging


class SetPaceStrength(Setting):
    """How far the tempo follows the picture's motion, slowly."""

    control = "pace_strength"
    value: Strength
