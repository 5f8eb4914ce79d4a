"""Affect: what an estimator of the picture's mood is given, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from stream_v2m.core.errors import ConfigError
from stream_v2m.core.values import Affect, Frame
from stream_v2m.vision.color import Color

COLOR, CLIP, BLEND = "color", "clip", "blend"
TOGETHER = ","
WRITTEN = "color, clip, clip:NAME, blend, or several joined by commas"


@dataclass(frozen=True, slots=True)
class Measures:
    """What has been measured of a frame already; ``elapsed`` seconds since the frame before.

    Attributes:
        motion: ranged 0–1.
        cuts_per_minute: of the last half minute.
    """

    elapsed: float
    color: Color
    motion: float
    cuts_per_minute: float


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What one estimator says of one frame.

    Attributes:
        time: capture time of the frame.
        confidence: 0–1, how much it is to count beside others.
        semantics: float32 [384], the frame's embedding as the models were trained with it; None if it has none.
    """

    time: float
    affect: Affect
    confidence: float
    semantics: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class EstimatorInfo:
    """What an estimator is.

    Attributes:
        name: on the command line.
        model, precision, provider: of the model behind it, if any.
        semantics: whether it gives the embedding that the models were trained with.
        warning: a sentence for the user about how it runs, if there is one.
    """

    name: str
    model: str = ""
    precision: str = ""
    provider: str = ""
    semantics: bool = False
    warning: str = ""


class AffectEstimator(Protocol):
    """Tells the mood of frames; one estimator watches one stream, and need not see every frame."""

    @property
    def info(self) -> EstimatorInfo:
        """What it is."""
        ...

    def estimate(self, frame: Frame, measures: Measures) -> Estimate:
        """The mood of this frame, not smoothed."""
        ...

    def freeze(self, on: bool) -> None:
        """Let what it takes for usual stand still, or follow again."""
        ...


class AffectConfig(BaseModel):
    """Who tells the mood, how it is smoothed, and what it may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    estimator: str = Field(COLOR, description=f"whom the music listens to: {WRITTEN}")
    smoothing_s: float = Field(0.8, gt=0, description="time constant of the mood, and of the change of estimators")
    stale_s: float = Field(5.0, gt=0, description="an estimate older than this is no longer believed")
    rate_hz: float = Field(4.0, gt=0, le=60, description="a slow estimator is asked at most so often")
    share: float = Field(0.25, gt=0, le=1, description="of one core's time for slow estimators, unless they grew stale")
    threads: int = Field(1, ge=1, le=64, description="threads of a slow estimator")

    @field_validator("estimator")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            parse_estimators(value)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return value


def parse_estimators(text: str) -> tuple[str, ...]:
    """The names of the estimators that ``text`` means: ``blend`` is ``color,clip``.

    Raises:
        ConfigError: it is not written so.
    """
    names = tuple((f"{COLOR}{TOGETHER}{CLIP}" if text == BLEND else text).split(TOGETHER))
    for name in names:
        kind, _, model = name.partition(":")
        if kind not in (COLOR, CLIP) or (kind == COLOR and name != COLOR) or (name != kind and not model):
            raise ConfigError("no such estimator", where=text, got=name, expected=WRITTEN)
    if len(set(names)) < len(names):
        raise ConfigError("names an estimator twice", where=text)
    return names
