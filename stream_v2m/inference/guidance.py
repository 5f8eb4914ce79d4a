"""Guidance: how much further than the model itself the chords lean to where the picture pulls them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.features import Condition
from stream_v2m.inference.contract import StepInput
from stream_v2m.inference.decoder import Decoder

UNGUIDED = 1.0
_PICTURE = [Condition.SEMANTIC, Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET]


class GuidedDecoder:
    """The decoder of one performance, with its memory; classifier-free guidance (Ho & Salimans 2021).

    Logits are u + s · (c − u): c sees the picture, u does not, and all else (chords so far, key, metre) is the same.
    Training hides the whole picture now and then, so u is something that the model has learnt. At strength 1 that is
    c, and u is neither kept nor computed: a step costs one row instead of two.

    When guidance is turned on, u's memory begins as a copy of c's: what it saw stays seen and leaves with the window,
    and from now on it sees no picture. So at first the difference is that of the present picture, and it grows to
    that of all of them; nothing jumps, and the past need not be computed again.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._state = decoder.start()

    @property
    def provider(self) -> str:
        """What really runs the model."""
        return self._decoder.provider

    def step(self, inputs: StepInput, strength: float) -> NDArray[np.float32]:
        """Logits float32 [159] over the next chord; 0 leaves the picture out, above 1 exaggerates it."""
        rows = [inputs] if strength == UNGUIDED else [inputs, without_picture(inputs)]
        if len(rows) != len(self._state.position):
            self._state = self._state.rows([0] * len(rows))
        seen, *unseen = self._decoder.step(rows, self._state)
        found: NDArray[np.float32] = seen
        for blind in unseen:
            found = blind + np.float32(strength) * (seen - blind)
        return found

    def undo(self) -> None:
        """Forget the last step; the next one takes its place. Once between two steps."""
        self._state.undo()


def without_picture(inputs: StepInput) -> StepInput:
    """The same step as one sees it who hears the music and does not see the picture."""
    present = inputs.present.copy()
    present[_PICTURE] = False
    return replace(inputs, present=present)
