"""The commands about the performance itself: whether it sounds, what it looks at, who plays it, when it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from stream_v2m.core.commands.command import Command
from stream_v2m.core.controls import Controls


class Play(Command):
    """Let the music sound, from the next bar on."""

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, playing=True)


class Stop(Command):
    """Let the music rest, on a cadence or at once; everything else goes on, and ``play`` brings it back."""

    cadence: bool = True

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, playing=False)


class Quit(Command):
    """End the performance: on a cadence, or at once."""

    cadence: bool = True


class Panic(Command):
    """Silence everything now; the performance goes on."""


class SetSource(Command):
    """Go on with another of the performance's sources, by its name, as soon as its first picture is there."""

    source: str


class Learn(Command):
    """Bind the controller that is moved next, or the key that is pressed, to a command."""

    command: str
    arguments: dict[str, Any] = Field({})
