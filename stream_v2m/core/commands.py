"""The live commands, and how each changes the controls. There is no second set."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stream_v2m.core.config import first_fault
from stream_v2m.core.controls import (
    Accents,
    Bpm,
    Controls,
    Guiding,
    KeyName,
    Seed,
    Semitones,
    Snap,
    Strength,
    Temperature,
    Trim,
)
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.scales import ScaleName

Nudging = Annotated[float, Field(ge=-2, le=2)]
When = Literal["now", "beat", "bar"]
_REROLL, _SEEDS = 0x9E3779B9, 2**32  # odd, so that re-rolling goes through all of them; small enough for any JSON


class Command(BaseModel):
    """A request from outside; ``apply`` gives the controls after it.

    Every command may wait for the next beat or bar of the music.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = Field("now", description="at once, on the next beat, or on the next bar")

    def apply(self, controls: Controls) -> Controls:
        return controls


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


class Hold(Command):
    """Stay on the chord that sounds."""

    on: bool

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, hold=self.on)


class Reseed(Command):
    """Re-roll what is not yet decided: with this seed, or with the one that follows the present one."""

    seed: Seed | None = None

    def apply(self, controls: Controls) -> Controls:
        following = (controls.seed + _REROLL) % _SEEDS
        return replace(controls, seed=following if self.seed is None else self.seed)


class LockKey(Command):
    """Keep to a key (``"Eb minor"``), or, without one, to the performance's own."""

    key: KeyName | None = None

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, key=self.key)


class LockScale(Command):
    """Keep to a scale on the key's tonic (``"dorian"``), or, without one, to the key's own."""

    scale: ScaleName | None = None

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, scale=self.scale)


class Transpose(Command):
    """Sound everything but drums this many semitones higher."""

    semitones: Semitones

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, transpose=self.semitones)


class SetTempo(Command):
    """Go on at another tempo."""

    bpm: Bpm

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, bpm=self.bpm)


class Tap(Command):
    """Tap the tempo: it goes by the last few taps."""


class Nudge(Command):
    """Move the beat ahead (above 0) or back by so many beats, gliding."""

    beats: Nudging


class SetStyle(Command):
    """Go on in another style, from the next step."""

    style: str

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, style=self.style)


class SetSource(Command):
    """Go on with another of the performance's sources, by its name, as soon as its first picture is there."""

    source: str


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


class SetTemperature(Command):
    """How adventurous the harmony is: 0 takes the likeliest chord."""

    value: Temperature

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, temperature=self.value)


class SetAffectStrength(Command):
    """How far the picture's mood steers the harmony."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, affect_strength=self.value)


class SetAffect(Command):
    """Listen to another estimator of the mood: ``"color"``, ``"clip"``, ``"clip:NAME"``, ``"blend"``."""

    estimator: str


class SetGuidance(Command):
    """How far the model's own answer to the picture is exaggerated: 1 not at all, 0 and it sees no picture."""

    value: Guiding

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, guidance=self.value)


class SetCutCadence(Command):
    """How much a cut asks for a cadence: another chord, the fifth or the fourth, and home."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, cut_cadence=self.value)


class SetCueStrength(Command):
    """How far motion and cuts shape the notes."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, cue_strength=self.value)


class SetAccents(Command):
    """Accent cuts and flashes at once (``"all"``), cuts alone, when they are sure (``"cuts"``), or nothing."""

    mode: Accents

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, accents=self.mode)


class SetAccentStrength(Command):
    """How loud an accent is beside what plays."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, accent_strength=self.value)


class SetAccentSnap(Command):
    """Let accents fall on a grid of so many beats, or, with 0, come at once."""

    beats: Snap

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, accent_snap=self.beats)


class SetMotionOnsets(Command):
    """How loud a light accent is where a gesture begins: 0 is none."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, motion_onsets=self.value)


class SetChordOnCut(Command):
    """The share of the cuts that bring the coming chord forward, to the next subdivision: 0 is none, 1 all."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, chord_on_cut=self.value)


class SetZoneStrength(Command):
    """How far parts follow their zone of the picture instead of the whole."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, zone_strength=self.value)


class SetZone(Command):
    """Let a part (or all parts of a role) follow a zone of the picture, or, without one, the whole."""

    part: str
    zone: str | None = None

    def apply(self, controls: Controls) -> Controls:
        others = {part: zone for part, zone in controls.zones.items() if part != self.part}
        return replace(controls, zones=others if self.zone is None else {**others, self.part: self.zone})


class SetPaceStrength(Command):
    """How far the tempo follows the picture's motion, slowly."""

    value: Strength

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, pace_strength=self.value)


class TrimDensity(Command):
    """Thinner (below 0) or denser (above 0) than the model asks for."""

    value: Trim

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, density_trim=self.value)


class TrimLoudness(Command):
    """Softer (below 0) or louder (above 0) than the model asks for."""

    value: Trim

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, loudness_trim=self.value)


class FreezeRange(Command):
    """Freeze the live ranging of motion and affect, or let it adapt again."""

    on: bool

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, range_frozen=self.on)


class Learn(Command):
    """Bind the controller that is moved next, or the key that is pressed, to a command."""

    command: str
    arguments: dict[str, Any] = {}


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
