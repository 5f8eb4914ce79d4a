"""The commands about what moves and cuts: how far it shapes the notes, accents, zones."""

from __future__ import annotations

from dataclasses import replace

from stream_v2m.core.commands.command import Command, Setting
from stream_v2m.core.controls import Accents, Controls, Snap, Strength


class SetCueStrength(Setting):
    """How far motion and cuts shape the notes."""

    control = "cue_strength"
    value: Strength


class SetAccents(Setting):
    """Accent cuts and flashes at once (``"all"``), cuts alone, when they are sure (``"cuts"``), or nothing."""

    control = "accents"
    mode: Accents


class SetAccentStrength(Setting):
    """How loud an accent is beside what plays."""

    control = "accent_strength"
    value: Strength


class SetAccentSnap(Setting):
    """Let accents fall on a grid of so many beats, or, with 0, come at once."""

    control = "accent_snap"
    beats: Snap


class SetMotionOnsets(Setting):
    """How loud a light accent is where a gesture begins: 0 is none."""

    control = "motion_onsets"
    value: Strength


class SetChordOnCut(Setting):
    """The share of the cuts that bring the coming chord forward, to the next subdivision: 0 is none, 1 all."""

    control = "chord_on_cut"
    value: Strength


class SetZone(Command):
    """Let a part (or all parts of a role) follow a zone of the picture, or, without one, the whole."""

    part: str
    zone: str | None = None

    def apply(self, controls: Controls) -> Controls:
        others = {part: zone for part, zone in controls.zones.items() if part != self.part}
        return replace(controls, zones=others if self.zone is None else {**others, self.part: self.zone})


class SetZoneStrength(Setting):
    """How far parts follow their zone of the picture instead of the whole."""

    control = "zone_strength"
    value: Strength
