"""Parts: one voice of an arrangement, as a style file describes it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from stream_v2m.music.figures import APPROACH, Figure
from stream_v2m.music.kit import CHANNEL

Role = Literal["bass", "pad", "arpeggio", "melody", "drums", "accent"]
Swing = Annotated[float, Field(ge=0.5, le=0.75)]
Controller = Annotated[int, Field(ge=0, le=127)]

_DEGREES = frozenset({1, 3, 5, 7, 8})
_LADDER = frozenset(range(1, 10))
_TONES = {"bass": _DEGREES | {APPROACH}, "arpeggio": _LADDER, "melody": _LADDER, "accent": _DEGREES}


def _figure(text: object, info: ValidationInfo) -> Figure:
    if isinstance(text, Figure):
        return text
    if not isinstance(text, str):
        raise ValueError("a figure written as a string")
    return Figure.parse(text, kit=info.data.get("role") == "drums" or bool(info.data.get("kit")))


def _swing_unit(beats: float) -> float:
    if beats not in (0.25, 0.5):
        raise ValueError("0.25 or 0.5 beats")
    return beats


SwingUnit = Annotated[float, AfterValidator(_swing_unit)]
WrittenFigure = Annotated[Figure, PlainValidator(_figure)]


class Part(BaseModel):
    """One voice of the arrangement.

    What the roles make of ``figures`` (notation: ``music.figures``):

    - ``bass``: tones are degrees of the chord: 1 root, 3 third (or what is suspended in its place), 5 fifth,
      7 seventh or sixth, 8 octave, a an approach to the next root. Each new chord begins with its root.
    - ``pad``: none; the chord in voice-led close position, struck when the harmony changes, and held.
    - ``arpeggio``: tones climb the chord from the bottom of the register: 1 is the lowest chord tone there,
      2 the next above, and so on through the octaves. Of those off the beat, the share ``passing`` gives way to tones
      of the scale beside the note that follows.
    - ``melody``: one note at a time; tones are heights on the scale above home (1), which rules bring to chord tones
      on strong beats. It rests at the end of every fourth bar.
    - ``drums``: tones are letters, k kick, s snare, r rim, p clap, h closed, o open and f pedal hat, t high, m mid and
      b low tom, x crash, d ride, c cowbell, g shaker. Needs no register, is never transposed, and plays on where there
      is no chord. ``fill`` figures end every fourth bar when much happens.
    - ``accent``: degrees as in the bass, or letters with ``kit``; the first stroke of the first figure is struck
      at a cut or a flash, and lightly where a gesture begins.

    ``density`` says how many notes of this part sound in a second when the model asks for so many in all: pairs of
    asked and given, between which it is linear. The given numbers of all parts should add up to the asked one; drums
    come on top. Of the figures that have enough notes the sparsest are taken, and their notes left out from the least
    important on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="name, used by mute and solo")
    role: Role = Field(description="bass, pad, arpeggio, melody, drums or accent")
    kit: bool = Field(False, description="an accent struck on the drum kit; its figure has letters")
    channel: int = Field(ge=1, le=16, description="MIDI channel 1–16; drums and an accent on the kit may share one")
    program: int = Field(ge=0, le=127, description="General MIDI program 0–127; of drums the kit, 0 if left out")
    bank: tuple[Controller, Controller] | None = Field(None, description="bank before the program: [CC0, CC32]")
    low: int = Field(ge=0, le=127, description="lowest pitch")
    high: int = Field(ge=0, le=127, description="highest pitch, at least an octave above the lowest")
    transpose: int = Field(0, ge=-24, le=24, description="semitones by which all of it sounds higher than written")
    octave: int = Field(0, ge=-3, le=3, description="octaves by which all of it sounds higher than written")
    volume: int = Field(100, ge=0, le=127, description="controller 7")
    pan: int = Field(64, ge=0, le=127, description="controller 10: 0 left, 64 middle, 127 right")
    reverb: int = Field(40, ge=0, le=127, description="controller 91")
    velocity: float = Field(1.0, gt=0, le=1.5, description="velocity beside the other parts")
    velocity_curve: float = Field(1.0, gt=0, le=4, description="exponent of velocity/127: below 1 louder, above softer")
    velocity_low: int = Field(1, ge=1, le=127, description="least velocity")
    velocity_high: int = Field(127, ge=1, le=127, description="greatest velocity")
    gate: float = Field(1.0, gt=0, le=8, description="length of a note by its written length; above 1 it rings on")
    passing: float = Field(
        0.0, ge=0, le=1, description="of an arpeggio: share of its notes off the beat that are steps to the next one"
    )
    swing: Swing | None = Field(None, description="place of the off-beat in its pair: 0.5 even; else the style's")
    swing_unit: SwingUnit | None = Field(None, description="beats: 0.5 swings eighths, 0.25 sixteenths")
    humanise_ms: float | None = Field(None, ge=0, le=30, description="notes come up to so late; else the config's")
    humanise_velocity: float | None = Field(
        None, ge=0, le=20, description="velocities differ by up to so much; likewise"
    )
    density: tuple[tuple[float, float], ...] = Field((), description="pairs of asked and given notes in a second")
    figures: tuple[WrittenFigure, ...] = Field(
        (), description="rhythms, from sparse to dense; several of each density for variety"
    )
    zone: str | None = Field(
        None, description="the zone of the picture that it follows, where there is one of the name"
    )
    onsets: bool = Field(True, description="an accent that a gesture strikes too, lightly, where that is wanted")
    fill: tuple[WrittenFigure, ...] = Field((), description="drums that may end a phrase when much happens")

    @property
    def percussive(self) -> bool:
        """Whether its pitches are drums."""
        return self.role == "drums" or self.kit

    @property
    def monophonic(self) -> bool:
        """Whether no two of its notes sound together."""
        return self.role in ("bass", "melody")

    @property
    def shift(self) -> int:
        """Semitones by which it sounds higher than written."""
        return self.transpose + 12 * self.octave

    @model_validator(mode="before")
    @classmethod
    def _kit_without_register(cls, data: Any) -> Any:
        if isinstance(data, dict) and (data.get("role") == "drums" or data.get("kit")):
            return {"channel": CHANNEL, "program": 0, "low": 0, "high": 127, **data}
        return data

    @field_validator("density")
    @classmethod
    def _rises(cls, points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        for (asked, given), (next_asked, next_given) in pairwise(points):
            if next_asked <= asked or next_given < given:
                raise ValueError("asked numbers that rise, and given ones that never fall")
        if any(number < 0 for point in points for number in point):
            raise ValueError("no negative numbers")
        return points

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.high < self.low + 12:
            raise fault("high", "at least an octave above low", self.high)
        if self.velocity_high < self.velocity_low:
            raise fault("velocity_high", "at least velocity_low", self.velocity_high)
        if self.kit and self.role != "accent":
            raise fault("kit", "the role accent", self.role)
        if self.percussive and self.shift:
            raise fault("transpose" if self.transpose else "octave", "0 for drums", self.transpose or self.octave)
        if self.role != "accent" and not self.density:
            raise fault("density", f"pairs for the role {self.role}", self.density)
        if self.role == "pad" and self.figures:
            raise fault("figures", "none for the role pad", len(self.figures))
        if self.role != "pad" and not self.figures:
            raise fault("figures", f"at least one for the role {self.role}", 0)
        if self.role != "arpeggio" and self.passing:
            raise fault("passing", "0 for all but the role arpeggio", self.passing)
        if self.role != "drums" and self.fill:
            raise fault("fill", "the role drums", self.role)
        return self

    @model_validator(mode="after")
    def _tones_of_the_role(self) -> Self:
        allowed = frozenset() if self.percussive else _TONES.get(self.role, frozenset())
        for index, figure in enumerate(() if self.percussive else self.figures):
            if self.role == "melody" and any(len(stroke.tones) > 1 for stroke in figure.strokes):
                raise fault(f"figures.{index}", "one tone at a time for a melody", figure.text)
            for number in sorted({tone.number for stroke in figure.strokes for tone in stroke.tones} - allowed):
                written = ", ".join("a" if tone == APPROACH else str(tone) for tone in sorted(allowed))
                raise fault(f"figures.{index}", f"tones among {written}", "a" if number == APPROACH else number)
        return self

    def share(self, density: float) -> float:
        """Notes of this part in a second when ``density`` notes are asked for in all."""
        asked, given = self.density[0]
        for next_asked, next_given in self.density:
            if density < next_asked:
                if next_asked == asked:
                    return given
                return given + (next_given - given) * (density - asked) / (next_asked - asked)
            asked, given = next_asked, next_given
        return given


def fault(key: str, expected: str, got: object) -> PydanticCustomError:
    """A fault found across fields, which pydantic would report without the key."""
    return PydanticCustomError("style", "{expected}", {"key": key, "expected": expected, "got": got})
