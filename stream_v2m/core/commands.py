"""The live commands, the controls that they set, and how the one changes the other. There is no second set."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError
from pydantic.dataclasses import dataclass

from stream_v2m.core.chords import Key
from stream_v2m.core.config import first_fault
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.scales import ScaleName


def _read_key(value: object) -> object:
    return Key.parse(value) if isinstance(value, str) else value


KeyName = Annotated[Key, BeforeValidator(_read_key), PlainSerializer(str)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Semitones = Annotated[int, Field(ge=-24, le=24)]
Bpm = Annotated[float, Field(ge=20, le=300)]
Temperature = Annotated[float, Field(ge=0, le=2)]
Strength = Annotated[float, Field(ge=0, le=1)]
Guiding = Annotated[float, Field(ge=0, le=4)]
Trim = Annotated[float, Field(ge=-1, le=1)]
Nudging = Annotated[float, Field(ge=-2, le=2)]
When = Literal["now", "beat", "bar"]
_REROLL, _SEEDS = 0x9E3779B9, 2**32  # odd, so that re-rolling goes through all of them; small enough for any JSON


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Controls:
    """What can be turned while the music plays; the config gives the first values, every stage reads the present ones.

    Attributes:
        playing: the music sounds; if not, everything but the sound goes on.
        seed: of everything that is drawn; a new one re-rolls what is not yet decided.
        hold: stay on the chord that sounds.
        key: keep the harmony to this key; without one it is the performance's own, and freer.
        scale: keep harmony and melody to this scale on the key's tonic.
        bpm: beats a minute; the style's own tempo if not given.
        affect_strength: how far the picture's mood steers the harmony.
        guidance: how far the model's own answer to the picture is exaggerated; 1: not at all, 0: it sees no picture.
        cut_cadence: how much a cut asks for a cadence.
        cue_strength: how far motion and cuts shape the notes.
        pace_strength: how far the tempo follows the picture's motion.
        density_trim, loudness_trim: around what the models ask for.
        range_frozen: the live ranging of motion and affect stands still.
    """

    playing: bool = True
    seed: Seed = 0
    hold: bool = False
    key: KeyName | None = None
    scale: ScaleName | None = None
    transpose: Semitones = 0
    bpm: Bpm | None = None
    style: str = "arpeggio"
    muted: frozenset[str] = frozenset()
    soloed: frozenset[str] = frozenset()
    temperature: Temperature = 1.0
    affect_strength: Strength = 0.5
    guidance: Guiding = 1.0
    cut_cadence: Strength = 0.0
    cue_strength: Strength = 1.0
    pace_strength: Strength = 0.0
    density_trim: Trim = 0.0
    loudness_trim: Trim = 0.0
    range_frozen: bool = False

    def audible(self, part: str) -> bool:
        """Whether mute and solo let this part sound."""
        return part not in self.muted and (not self.soloed or part in self.soloed)


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
    "mute": Mute,
    "solo": Solo,
    "set_temperature": SetTemperature,
    "set_affect_strength": SetAffectStrength,
    "set_guidance": SetGuidance,
    "set_cut_cadence": SetCutCadence,
    "set_cue_strength": SetCueStrength,
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
