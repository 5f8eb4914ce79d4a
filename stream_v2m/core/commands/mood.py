"""The commands about what the picture is taken for, and about its say over the harmony."""

from __future__ import annotations

from stream_v2m.core.commands.command import Command, Setting
from stream_v2m.core.controls import Guiding, Strength


class SetAffect(Command):
    """Listen to another estimator of the mood: ``"color"``, ``"clip"``, ``"clip:NAME"``, ``"blend"``."""

    estimator: str


class SetAffectStrength(Setting):
    """How far the picture's mood steers the harmony."""

    control = "affect_strength"
    value: Strength


class SetGuidance(Setting):
    """How far the model's own answer to the picture is exaggerated: 1 not at all, 0 and it sees no picture."""

    control = "guidance"
    value: Guiding


class SetCutCadence(Setting):
    """How much a cut asks for a cadence: another chord, the fifth or the fourth, and home."""

    control = "cut_cadence"
    value: Strength


class FreezeRange(Setting):
    """Freeze the live ranging of motion and affect, or let it adapt again."""

    control = "range_frozen"
    on: bool
