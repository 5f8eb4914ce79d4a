"""The commands about the chords: which are chosen, and how freely."""

from __future__ import annotations

from dataclasses import replace

from stream_v2m.core.commands.command import Command, Setting
from stream_v2m.core.controls import Controls, KeyName, Seed, Semitones, Temperature
from stream_v2m.core.scales import ScaleName

_REROLL, _SEEDS = 0x9E3779B9, 2**32  # odd, so that re-rolling goes through all of them; small enough for any JSON


class Hold(Setting):
    """Stay on the chord that sounds."""

    control = "hold"
    on: bool


class Reseed(Command):
    """Re-roll what is not yet decided: with this seed, or with the one that follows the present one."""

    seed: Seed | None = None

    def apply(self, controls: Controls) -> Controls:
        following = (controls.seed + _REROLL) % _SEEDS
        return replace(controls, seed=following if self.seed is None else self.seed)


class LockKey(Setting):
    """Keep to a key (``"Eb minor"``), or, without one, to the performance's own."""

    control = "key"
    key: KeyName | None = None


class LockScale(Setting):
    """Keep to a scale on the key's tonic (``"dorian"``), or, without one, to the key's own."""

    control = "scale"
    scale: ScaleName | None = None


class Transpose(Setting):
    """Sound everything but drums this many semitones higher."""

    control = "transpose"
    semitones: Semitones


class SetTemperature(Setting):
    """How adventurous the harmony is: 0 takes the likeliest chord."""

    control = "temperature"
    value: Temperature
