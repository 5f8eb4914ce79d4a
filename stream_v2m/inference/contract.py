"""What the model files take and give: the names, shapes and units that export and inference agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.chords import VOCABULARY, Mode
from stream_v2m.core.features import CONDITIONS, FEATURE_SIZE, SCHEMA_VERSION

CONTRACT_VERSION = 1
LOGITS = 159  # Video2Music's targets: 157 chords, END and PAD
END = 157
PAD = 158
START = VOCABULARY  # the 'previous chord' that the graph takes at the beginning

AMT_FILE = "amt.onnx"
DYNAMICS_FILE = "dynamics.onnx"
MANIFEST_FILE = "manifest.json"

# Inputs that both graphs share, in order; the AMT adds position and rings, the dynamics model its state.
STEP_INPUTS = ("chord", "features", "present", "mode", "step_duration", "bar_position")
POSITION = "position"
COLUMN = "column"
STATE_IN, STATE_OUT = "state", "new_state"


def ring_names(layers: int) -> tuple[str, ...]:
    """Names of the AMT's rings: keys and values of each layer in turn."""
    return tuple(f"{kind}_{layer}" for layer in range(layers) for kind in ("keys", "values"))


@dataclass(frozen=True, slots=True)
class StepInput:
    """One step's input for one session, in data units.

    ``previous`` is the chord label 0…156 that sounded before, in the model's key (C major or A minor), None at the
    start. ``features`` float32 [392] and ``present`` bool [7] follow ``core.features``; what is not present may hold
    anything. ``mode``, ``step_duration`` in seconds and ``bar_position``, the onset's place in the bar as a fraction,
    count only where ``present`` says so.
    """

    previous: int | None
    features: NDArray[np.float32]
    present: NDArray[np.bool_]
    mode: Mode = "major"
    step_duration: float = 1.0
    bar_position: float = 0.0

    def __post_init__(self) -> None:
        assert self.previous is None or 0 <= self.previous < VOCABULARY, self.previous
        assert self.features.shape == (FEATURE_SIZE,), self.features.shape
        assert self.present.shape == (CONDITIONS,), self.present.shape


def feeds(inputs: Sequence[StepInput], chords: Sequence[int]) -> dict[str, NDArray[np.generic]]:
    """The graphs' shared inputs for a batch, with ``chords`` [B] as the chord input (START allowed)."""
    return {
        "chord": np.array(chords, np.int64),
        "features": np.stack([x.features for x in inputs]).astype(np.float32, copy=False),
        "present": np.stack([x.present for x in inputs]).astype(np.float32),
        "mode": np.array([x.mode == "minor" for x in inputs], np.int64),
        "step_duration": np.array([x.step_duration for x in inputs], np.float32),
        "bar_position": np.array([x.bar_position for x in inputs], np.float32),
    }


def metadata_version() -> str:
    """The contract's and the feature schema's versions, as the model files carry them."""
    return f"{CONTRACT_VERSION}.{SCHEMA_VERSION}"
