"""The controls: what can be turned while the music plays, and within which bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.dataclasses import dataclass

from stream_v2m.core.chords import Key
from stream_v2m.core.scales import ScaleName


def _read_key(value: object) -> object:
    return Key.parse(value) if isinstance(value, str) else value


_KEY_SCHEMA = {"type": "string", "examples": ["Eb minor", "C"]}
KeyName = Annotated[Key, BeforeValidator(_read_key), PlainSerializer(str), WithJsonSchema(_KEY_SCHEMA)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Semitones = Annotated[int, Field(ge=-24, le=24)]
Bpm = Annotated[float, Field(ge=20, le=300)]
Temperature = Annotated[float, Field(ge=0, le=2)]
Strength = Annotated[float, Field(ge=0, le=1)]
Guiding = Annotated[float, Field(ge=0, le=4)]
Trim = Annotated[float, Field(ge=-1, le=1)]
Snap = Annotated[float, Field(ge=0, le=4)]
Accents = Literal["all", "cuts", "off"]


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
        accents: what is accented: cuts and flashes at once; cuts when they are sure, so that no flash is; or nothing.
        accent_strength: how loud an accent is beside what plays.
        accent_snap: beats of the grid that accents fall on; 0: at once.
        motion_onsets: how loud a light accent is where a gesture begins; 0: there is none.
        chord_on_cut: share of the cuts that bring the coming chord forward.
        zone_strength: how far parts follow their zone of the picture instead of the whole.
        zones: the zone that a part follows, by the part's name, or by its role.
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
    affect_strength: Strength = 1.0
    guidance: Guiding = 1.0
    cut_cadence: Strength = 0.0
    cue_strength: Strength = 1.0
    accents: Accents = "all"
    accent_strength: Strength = 1.0
    accent_snap: Snap = 0.0
    motion_onsets: Strength = 0.0
    chord_on_cut: Strength = 0.0
    zone_strength: Strength = 1.0
    zones: Mapping[str, str] = Field(default_factory=dict)
    pace_strength: Strength = 0.0
    density_trim: Trim = 0.0
    loudness_trim: Trim = 0.0
    range_frozen: bool = False

    def audible(self, part: str) -> bool:
        """Whether mute and solo let this part sound."""
        return part not in self.muted and (not self.soloed or part in self.soloed)
