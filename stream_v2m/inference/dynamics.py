"""The causal GRU at run time: loudness and note density of each step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stream_v2m.inference.contract import DYNAMICS_FILE, STATE_IN, STATE_OUT, StepInput, feeds
from stream_v2m.inference.providers import AUTO
from stream_v2m.inference.runtime import open_session, provider_of, read_metadata, weights_folder

if TYPE_CHECKING:
    import onnxruntime

# The data's own ranges (MuVi-Sync: loudness to 0.573, density to 42), with some room above.
LOUDEST = 0.7
DENSEST = 48.0


@dataclass(slots=True)
class DynamicsState:
    """The GRU's state of B sessions: ``hidden`` float32 [layers, B, hidden]."""

    hidden: NDArray[np.float32]

    def copy(self) -> DynamicsState:
        """An independent state that goes on from here."""
        return DynamicsState(self.hidden.copy())


class DynamicsModel:
    """Loudness and note density; it keeps nothing between steps but its weights."""

    def __init__(self, session: onnxruntime.InferenceSession, metadata: dict[str, str]) -> None:
        self._session = session
        self.metadata = metadata
        config: dict[str, int] = json.loads(metadata["config"])
        self._layers, self._hidden = config["layers"], config["hidden"]

    @classmethod
    def open(cls, path: Path | None = None, *, provider: str = AUTO, threads: int = 1) -> DynamicsModel:
        """The model in ``path``, or the one that comes with the package.

        Raises:
            ModelContractError: the file is missing, broken, altered, or made for another contract.
        """
        path = weights_folder() / DYNAMICS_FILE if path is None else path
        session = open_session(path, provider=provider, threads=threads, small=True)
        return cls(session, read_metadata(session, path, "dynamics"))

    @property
    def provider(self) -> str:
        """The execution provider that is really used."""
        return provider_of(self._session)

    @property
    def provenance(self) -> dict[str, Any]:
        """What the weights were made from, and how."""
        found: dict[str, Any] = json.loads(self.metadata["provenance"])
        return found

    def start(self, batch: int = 1) -> DynamicsState:
        """The state before the first step of ``batch`` sessions."""
        return DynamicsState(np.zeros((self._layers, batch, self._hidden), np.float32))

    def step(self, inputs: Sequence[StepInput], chords: Sequence[int], state: DynamicsState) -> NDArray[np.float32]:
        """Loudness (linear RMS) and note density (notes in a second) [B, 2], clipped to the data's ranges.

        Args:
            inputs: the same that the decoder saw; ``previous`` does not count here.
            chords: the label 0…156 chosen for this step, in the model's key, or START where it is unknown.
            state: is moved on in place.
        """
        assert len(inputs) == len(chords) == state.hidden.shape[1], (len(inputs), len(chords), state.hidden.shape)
        fed: dict[str, NDArray[Any]] = {**feeds(inputs, chords), STATE_IN: state.hidden}
        levels, state.hidden = self._session.run(["levels", STATE_OUT], fed)
        clipped: NDArray[np.float32] = np.clip(levels, 0.0, np.array([LOUDEST, DENSEST], np.float32))
        return clipped
