"""The feature schema: what one step's picture vector holds, in the data's units, and which conditions it fills."""

from __future__ import annotations

from enum import IntEnum

from stream_v2m.core.emotions import EMOTIONS

SCHEMA_VERSION = 1
SEMANTIC = slice(0, 384)  # CLIP ViT-L/14@336px image embedding, projected (see docs/models.md)
EMOTION = slice(384, 384 + len(EMOTIONS))  # probabilities, in the order of EMOTIONS
MOTION = 390  # mean absolute luma difference 0–255 of adjacent frames, at the reference rate
SCENE_OFFSET = 391  # seconds since the last cut
FEATURE_SIZE = 392


class Condition(IntEnum):
    """What may be present or absent; the value is the bit's place in a presence vector [P]."""

    SEMANTIC = 0
    EMOTION = 1
    MOTION = 2
    SCENE_OFFSET = 3
    KEY = 4
    STEP_DURATION = 5
    BAR_POSITION = 6


CONDITIONS = len(Condition)
