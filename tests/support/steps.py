"""Plausible inputs for the models, made up."""

from __future__ import annotations

import numpy as np

from stream_v2m.core.features import CONDITIONS, EMOTION, FEATURE_SIZE, MOTION, SCENE_OFFSET, Condition
from stream_v2m.inference.contract import StepInput


def steps(count: int, seed: int = 0) -> list[StepInput]:
    """``count`` inputs of one session in data units, as colour and motion alone give them."""
    rng = np.random.default_rng(seed)
    present = np.ones(CONDITIONS, np.bool_)
    present[Condition.SEMANTIC] = False
    found = []
    for i in range(count):
        features = np.zeros(FEATURE_SIZE, np.float32)
        features[EMOTION] = rng.dirichlet(np.ones(6))
        features[MOTION], features[SCENE_OFFSET] = rng.gamma(2.0, 5.0), i % 7
        chord = None if i == 0 else int(rng.choice([1, 66, 92, 122]))
        found.append(StepInput(chord, features, present, bar_position=(i % 2) / 2))
    return found
