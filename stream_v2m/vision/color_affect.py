"""The estimator that needs no model: mood from published psychology of colour and motion."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.values import Frame
from stream_v2m.vision.affect import COLOR, Estimate, EstimatorInfo, Measures
from stream_v2m.vision.plane import place
from stream_v2m.vision.ranging import Centre

# Valdez & Mehrabian 1994, eqs. 1 and 2: standardised brightness and saturation to pleasure and arousal.
_PLEASURE = (0.69, 0.22)
_AROUSAL = (-0.31, 0.60)

_BLANK = 0.06  # contrast up to which there is too little to see for a mood; at twice as much all of it counts

_USUAL_MOTION = 0.4  # root of the ranged motion at which motion neither excites nor calms
_FAST_CUTTING = 20.0  # cuts a minute: a shot of three seconds
_USUAL_CUTTING = 0.3

# It does not know what it sees: as much as a model that is as sure as CLIP mostly is (``plane.ruled_out`` of
# MuVi-Sync's emotions has the median 0.43).
CONFIDENCE = 0.4


class ColorConfig(BaseModel):
    """How colour, motion and cuts become a mood."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_s: float = Field(90.0, gt=0, description="over which a picture's usual brightness and colour are learnt")
    pleasure_weight: float = Field(0.7, ge=0, description="of brightness and saturation in valence")
    warmth_weight: float = Field(1.0, ge=0, description="of warm against cold colours in valence")
    variety_weight: float = Field(1.5, ge=0, description="of many vivid hues in valence")
    color_weight: float = Field(0.25, ge=0, description="of colour in arousal")
    motion_weight: float = Field(2.0, ge=0, description="of motion in arousal")
    cuts_weight: float = Field(0.6, ge=0, description="of the cut rate in arousal")


class ColorAffect:
    """Mood from published psychology of colour and motion; it does not know what is in the picture.

    Valence rises with brightness and, less, with saturation; arousal with saturation and falls with
    brightness (Valdez & Mehrabian 1994), and rises, more, with motion and the rate of cuts (Hanjalic & Xu
    2005). Warm colours count as more pleasant than cold ones, and weigh little: that is a habit of film
    grading and no finding of psychology. Many vivid hues please (Berlyne 1971: variety, within bounds; in pictures
    Hasler & Süsstrunk 2003 and Machajdik & Hanbury 2010 measure it as colourfulness); they are seen by what is lit.
    Brightness and saturation are standardised by a running mean that may stray from its prior by one deviation.
    A blank picture, such as the black that a film begins with, is neutral: its darkness and stillness say nothing.

    What it cannot know: that neon at night is fun, that rain is sad for all its motion, that a still shadow is
    frightening: what anything is.
    """

    info = EstimatorInfo(COLOR)

    def __init__(self, config: ColorConfig) -> None:
        self._config = config
        self._brightness = Centre(0.42, limit=0.17, memory_s=config.memory_s)
        self._saturation = Centre(0.20, limit=0.10, memory_s=config.memory_s)

    def estimate(self, frame: Frame, measures: Measures) -> Estimate:
        """The mood of this frame."""
        color, config = measures.color, self._config
        shown = min(1.0, max(0.0, color.contrast / _BLANK - 1))
        self._brightness.follow(color.brightness, shown * measures.elapsed)
        self._saturation.follow(color.saturation, shown * measures.elapsed)
        bright = (color.brightness - self._brightness.value) / 0.17
        vivid = (color.saturation - self._saturation.value) / 0.12
        pleasure = _PLEASURE[0] * bright + _PLEASURE[1] * vivid
        valence = math.tanh(
            config.pleasure_weight * pleasure
            + config.warmth_weight * color.warmth
            + config.variety_weight * color.variety
        )
        arousal = math.tanh(
            config.color_weight * (_AROUSAL[0] * bright + _AROUSAL[1] * vivid)
            + config.motion_weight * (math.sqrt(measures.motion) - _USUAL_MOTION)
            + config.cuts_weight * (math.tanh(measures.cuts_per_minute / _FAST_CUTTING) - _USUAL_CUTTING)
        )
        return Estimate(frame.time, place(shown * valence, shown * arousal), CONFIDENCE * shown)

    def freeze(self, on: bool) -> None:
        """Let the usual brightness and saturation stand still, or follow again."""
        self._brightness.frozen = self._saturation.frozen = on
