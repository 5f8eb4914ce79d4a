"""From numbers to touch: what loudness, density, mood and motion make of velocity, texture, length and register."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.controls import Controls
from stream_v2m.core.values import StepPlan
from stream_v2m.music.gesture import NEUTRAL_MOTION, Gesture
from stream_v2m.music.part import Part

FULL_LOUDNESS = 0.4  # linear RMS; the 99th percentile of MuVi-Sync is 0.394
EXPRESSION = 96  # controller 11 when nothing moves it
LIVELY_MOTION, LIVELY_AROUSAL = 0.25, 0.4  # motion above neutral, or arousal: drums may fill
STILL_THINNING = 0.75  # of the notes, when it has been still for long


class MusicConfig(BaseModel):
    """How far each thing seen shapes the notes; 0 is off.

    What changes loudness and density is scaled by the live cue strength too: at 0 what was asked for is what sounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    beats_per_bar: int = Field(4, ge=1, le=16, description="beats per bar")
    velocity_low: int = Field(24, ge=1, le=127, description="velocity of silence asked for")
    velocity_high: int = Field(114, ge=1, le=127, description="velocity of the loudest asked for")
    humanise_velocity: float = Field(4.0, ge=0, le=20, description="velocities differ by up to so much")
    humanise_ms: float = Field(8.0, ge=0, le=30, description="notes that carry no chord come up to so late")
    motion_velocity: float = Field(0.8, ge=0, le=1, description="motion: louder")
    motion_density: float = Field(0.8, ge=0, le=1, description="motion: more subdivided")
    motion_expression: float = Field(0.6, ge=0, le=1, description="motion: controller 11 of held chords")
    stillness: float = Field(0.8, ge=0, le=1, description="long stillness: thinner, softer, longer notes")
    accent: float = Field(0.8, ge=0, le=1, description="a cut or flash: the style's accent")
    accent_gap_s: float = Field(0.25, ge=0, le=10, description="events that begin closer together are one accent")
    cut_grid_beats: float = Field(0.5, gt=0, le=4, description="a chord that a cut brings forward falls on this grid")
    arousal_velocity: float = Field(0.25, ge=0, le=1, description="arousal: louder")
    arousal_density: float = Field(0.25, ge=0, le=1, description="arousal: denser")
    arousal_articulation: float = Field(0.6, ge=0, le=1, description="arousal: more staccato")
    arousal_register: float = Field(0.6, ge=0, le=1, description="arousal: wider register")
    valence_register: float = Field(0.6, ge=0, le=1, description="valence: higher register")
    valence_articulation: float = Field(0.4, ge=0, le=1, description="valence: more legato")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked of the notes of one moment.

    Attributes:
        loudness: linear RMS.
        density: notes sounding in a second.
        gate: factor of the notes' lengths.
        lively: much happens.
        rise: how far a melody's phrases rise (above 0) or fall, −1…1.
        reach: how wide a melody's intervals are, −1…1.
    """

    loudness: float
    density: float
    gate: float
    lively: bool
    rise: float
    reach: float


def zone_of(part: Part, controls: Controls) -> str | None:
    """The zone of the picture that a part follows: as the controls say by its name or its role, else its style."""
    return controls.zones.get(part.name, controls.zones.get(part.role, part.zone))


def shape(
    plan: StepPlan,
    gesture: Gesture,
    controls: Controls,
    config: MusicConfig,
    *,
    at: float,
    zone: str | None = None,
) -> Shape:
    """The plan as trims, mood and motion shape it at moment ``at``; at strengths and trims of 0 the plan itself.

    Args:
        zone: where motion and stillness are looked at; everywhere if not given.

    Directions after Gabrielsson & Lindström 2010 and Eerola, Friberg & Bresin 2013.
    """
    arousal, valence = (plan.affect.arousal, plan.affect.valence) if plan.affect else (0.0, 0.0)
    moved = (gesture.motion(at, zone, controls.zone_strength) - NEUTRAL_MOTION) * controls.cue_strength
    roused = arousal * controls.cue_strength
    still = gesture.stillness(zone, controls.zone_strength) * config.stillness * controls.cue_strength
    loudness = plan.dynamics.loudness * 4 ** (controls.loudness_trim + moved * config.motion_velocity)
    density = plan.dynamics.note_density * 3**controls.density_trim * 4 ** (moved * config.motion_density)
    return Shape(
        loudness=max(0.0, loudness) * 2 ** (roused * config.arousal_velocity) * (1 - still / 2),
        density=max(0.0, density) * 2 ** (roused * config.arousal_density) * (1 - still * STILL_THINNING),
        gate=2 ** (-arousal * config.arousal_articulation + valence * config.valence_articulation / 4)
        * (1 + still / 2),
        lively=moved > LIVELY_MOTION or roused > LIVELY_AROUSAL,
        rise=valence * config.valence_register,
        reach=arousal * config.arousal_register,
    )


def touched(part: Part, velocity: float) -> int:
    """The velocity that a part is played with, by its curve and within its bounds."""
    curved: float = 127 * (min(127.0, max(1.0, velocity)) / 127) ** part.velocity_curve
    return round(min(float(part.velocity_high), max(float(part.velocity_low), curved)))


def register(plan: StepPlan, config: MusicConfig) -> tuple[int, float]:
    """Semitones by which mood lifts the register, and the share 0–1 of notes that it spreads by an octave."""
    if plan.affect is None:
        return 0, 0.0
    lift = round(5 * plan.affect.valence * config.valence_register)
    return lift, 0.4 * max(0.0, plan.affect.arousal) * config.arousal_register


def velocity(loudness: float, config: MusicConfig) -> float:
    """The velocity, not rounded, that sounds as loud as was asked.

    Video2Music raises loudness to 0.3, which leaves 78…105 for nine tenths of its data. Synthesisers after
    SoundFont 2.01 (8.4.2, concave) give an amplitude that goes with the velocity's square, so the root is taken.
    """
    level = math.sqrt(min(1.0, max(0.0, loudness) / FULL_LOUDNESS))
    return config.velocity_low + (config.velocity_high - config.velocity_low) * level


def expression(gesture: Gesture, controls: Controls, config: MusicConfig, *, at: float, zone: str | None = None) -> int:
    """Controller 11 for held chords: motion now against neutral."""
    moved = gesture.motion(at, zone, controls.zone_strength) - NEUTRAL_MOTION
    value = EXPRESSION + 60 * moved * config.motion_expression * controls.cue_strength
    return round(min(127.0, max(0.0, value)))
