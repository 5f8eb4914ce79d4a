"""The live commands, and how each changes the controls. There is no second set."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

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


class Setting(Command):
    """A command that gives one control the value of its one field of its own."""

    control: ClassVar[str]

    def apply(self, controls: Controls) -> Controls:
        (own,) = type(self).model_fields.keys() - Command.model_fields.keys()
        return replace(controls, **{self.control: getattr(self, own)})


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


class SetTempo(Setting):
    """Go on at another tempo."""

    control = "bpm"
    bpm: Bpm


class Tap(Command):
    """Tap the tempo: it goes by the last few taps."""


class Nudge(Command):
    """Move the beat ahead (above 0) or back by so many beats, gliding."""

    beats: Nudging


class SetStyle(Setting):
    """Go on in another style, from the next step."""

    control = "style"
    style: str


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


class SetTemperature(Setting):
    """How adventurous the harmony is: 0 takes the likeliest chord."""

    control = "temperature"
    value: Temperature


class SetAffectStrength(Setting):
    """How far the picture's mood steers the harmony."""

    control = "affect_strength"
    value: Strength


class SetAffect(Command):
    """Listen to another estimator of the mood: ``"color"``, ``"clip"``, ``"clip:NAME"``, ``"blend"``."""

    estimator: str


class SetGuidance(Setting):
    """How far the model's own answer to the picture is exaggerated: 1 not at all, 0 and it sees no picture."""

    control = "guidance"
    value: Guiding


class SetCutCadence(Setting):
    """How much a cut asks for a cadence: another chord, the fifth or the fourth, and home."""

    control = "cut_cadence"
    value: Strength


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


class SetZoneStrength(Setting):
    """How far parts follow their zone of the picture instead of the whole."""

    control = "zone_strength"
    value: Strength


class SetZone(Command):
    """Let a part (or all parts of a role) follow a zone of the picture, or, without one, the whole."""

    part: str
    zone: str | None = None

    def apply(self, controls: Controls) -> Controls:
        others = {part: zone for part, zone in controls.zones.items() if part != self.part}
        return replace(controls, zones=others if self.zone is None else {**others, self.part: self.zone})


class SetPaceStrength(Setting):
    """How far the tempo follows the picture's motion, slowly."""

    control = "pace_strength"
    value: Strength


class TrimDensity(Setting):
    """Thinner (below 0) or denser (above 0) than the model asks for."""

    control = "density_trim"
    value: Trim


class TrimLoudness(Setting):
    """Softer (below 0) or louder (above 0) than the model asks for."""

    control = "loudness_trim"
    value: Trim


class FreezeRange(Setting):
    """Freeze the live ranging of motion and affect, or let it adapt again."""

    control = "range_frozen"
    on: bool


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
