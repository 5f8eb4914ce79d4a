"""The estimator that knows what is in the picture: CLIP's zero-shot likeness to the six emotions' words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.values import Affect, Frame
from stream_v2m.vision.affect import Estimate, EstimatorInfo, Measures
from stream_v2m.vision.plane import locate, ruled_out


class Described(Protocol):
    """What an encoder says of a picture: six probabilities [6], and semantics float32 [384] or None."""

    @property
    def probabilities(self) -> NDArray[np.float32]: ...

    @property
    def semantics(self) -> NDArray[np.float32] | None: ...


class Encoder(Protocol):
    """A model that describes RGB pictures uint8 [H, W, 3]."""

    def encode(self, rgb: NDArray[np.uint8]) -> Described: ...


@dataclass(frozen=True, slots=True)
class ClipAffect:
    """CLIP's probabilities as they are, since the models were trained with such; it sees stills, and no motion.

    Attributes:
        side: of the square that the encoder looks at, in pixels; the picture's shorter side is asked for at that.
    """

    info: EstimatorInfo
    encoder: Encoder
    side: int

    def estimate(self, frame: Frame, measures: Measures) -> Estimate:
        """The mood of this frame."""
        width, height = round(self.side * max(1.0, frame.aspect)), round(self.side / min(1.0, frame.aspect))
        described = self.encoder.encode(frame.picture(width, height))
        probabilities = tuple(described.probabilities.astype(float).tolist())
        affect = Affect(probabilities, *locate(probabilities))
        return Estimate(frame.time, affect, ruled_out(probabilities), described.semantics)

    def freeze(self, on: bool) -> None:
        """Nothing in it is ranged."""
