"""The commands about who plays, and how much of it."""

from __future__ import annotations

from dataclasses import replace

from stream_v2m.core.commands.command import Command, Setting
from stream_v2m.core.controls import Controls, Trim


class SetStyle(Setting):
    """Go on in another style, from the next step."""

    control = "style"
    style: str


class Mute(Command):
    """Silence one part, or let it sound again."""

    part: str
    on: bool = True

    def apply(self, controls: Controls) -> Controls:
        muted = controls.muted | {self.part} if self.on else controls.muted - {self.part}
        return replace(controls, muted=muted)


class Solo(Command):
    """Let only soloed parts sound, or take one part out of the solo."""

    part: str
    on: bool = True

    def apply(self, controls: Controls) -> Controls:
        soloed = controls.soloed | {self.part} if self.on else controls.soloed - {self.part}
        return replace(controls, soloed=soloed)


class TrimDensity(Setting):
    """Thinner (below 0) or denser (above 0) than the model asks for."""

    control = "density_trim"
    value: Trim


class TrimLoudness(Setting):
    """Softer (below 0) or louder (above 0) than the model asks for."""

    control = "loudness_trim"
    value: Trim
