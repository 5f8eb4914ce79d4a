"""The live commands, the controls that they set, and how the one changes the other. There is no second set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from stream_v2m.core.chords import Key
from stream_v2m.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Controls:
    """What can be turned while the music plays; every stage reads the present value.

    Attributes:
        seed: of the sampler; a new one re-rolls what is not yet decided.
        key: lock the harmony to this key; None: the performance's own.
        affect_strength: how far the picture's mood steers the harmony, 0–1.
        cue_strength: how far motion and cuts shape notes, 0–1.
        density_trim, loudness_trim: −1…1 around what the model asked for.
        range_frozen: live ranging of motion and affect stands still.
    """

    seed: int = 0
    hold: bool = False
    key: Key | None = None
    transpose: int = 0
    bpm: float = 120.0
    style: str = "arpeggio"
    muted: frozenset[str] = frozenset()
    soloed: frozenset[str] = frozenset()
    temperature: float = 1.0
    affect_strength: float = 0.5
    cue_strength: float = 1.0
    density_trim: float = 0.0
    loudness_trim: float = 0.0
    range_frozen: bool = False

    def audible(self, part: str) -> bool:
        """Whether mute and solo let this part sound."""
        return part not in self.muted and (not self.soloed or part in self.soloed)


class Command(BaseModel):
    """A request from outside; ``apply`` gives the controls after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def apply(self, controls: Controls) -> Controls:
        return controls


class Stop(Command):
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
    """Re-roll what is not yet decided."""

    seed: int = Field(ge=0, lt=2**63)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, seed=self.seed)


def _key_name(text: str | None) -> str | None:
    return None if text is None else str(Key.parse(text))


class LockKey(Command):
    """Keep to a key (``"Eb minor"``), or, without one, to the performance's own."""

    key: Annotated[str | None, AfterValidator(_key_name)] = None

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, key=None if self.key is None else Key.parse(self.key))


class Transpose(Command):
    """Sound everything but drums this many semitones higher."""

    semitones: int = Field(ge=-24, le=24)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, transpose=self.semitones)


class SetTempo(Command):
    """Go on at another tempo."""

    bpm: float = Field(ge=20, le=300)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, bpm=self.bpm)


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

    value: float = Field(ge=0, le=2)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, temperature=self.value)


class SetAffectStrength(Command):
    """How far the picture's mood steers the harmony."""

    value: float = Field(ge=0, le=1)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, affect_strength=self.value)


class SetCueStrength(Command):
    """How far motion and cuts shape the notes."""

    value: float = Field(ge=0, le=1)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, cue_strength=self.value)


class TrimDensity(Command):
    """Thinner (below 0) or denser (above 0) than the model asks for."""

    value: float = Field(ge=-1, le=1)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, density_trim=self.value)


class TrimLoudness(Command):
    """Softer (below 0) or louder (above 0) than the model asks for."""

    value: float = Field(ge=-1, le=1)

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, loudness_trim=self.value)


class FreezeRange(Command):
    """Freeze the live ranging of motion and affect, or let it adapt again."""

    on: bool

    def apply(self, controls: Controls) -> Controls:
        return replace(controls, range_frozen=self.on)


COMMANDS: dict[str, type[Command]] = {
    "stop": Stop,
    "panic": Panic,
    "hold": Hold,
    "reseed": Reseed,
    "lock_key": LockKey,
    "transpose": Transpose,
    "set_tempo": SetTempo,
    "set_style": SetStyle,
    "mute": Mute,
    "solo": Solo,
    "set_temperature": SetTemperature,
    "set_affect_strength": SetAffectStrength,
    "set_cue_strength": SetCueStrength,
    "trim_density": TrimDensity,
    "trim_loudness": TrimLoudness,
    "freeze_range": FreezeRange,
}


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
        first = error.errors()[0]
        where = ".".join((name, *map(str, first["loc"])))
        raise ConfigError(first["msg"].lower(), where=where, got=repr(first["input"])) from error
