"""The AMT at run time: one chord step for a batch, over ring caches that the caller owns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stream_v2m.inference.contract import AMT_FILE, COLUMN, POSITION, START, StepInput, feeds, ring_names
from stream_v2m.inference.providers import AUTO
from stream_v2m.inference.runtime import open_session, provider_of, read_metadata, weights_folder

if TYPE_CHECKING:
    import onnxruntime


@dataclass(slots=True)
class DecoderState:
    """What the decoder remembers of B sessions.

    ``rings`` float32 [L, 2, B, heads, W, head_size] holds keys and values of the last W steps, step p in slot p mod W;
    ``position`` int64 [B] counts the steps made.
    """

    rings: NDArray[np.float32]
    position: NDArray[np.int64]

    def copy(self) -> DecoderState:
        """An independent state that goes on from here."""
        return DecoderState(self.rings.copy(), self.position.copy())

    def undo(self) -> None:
        """Forget the last step: its column stands where the next one's will, which no step looks at before it is."""
        self.position -= 1

    def rows(self, sessions: Sequence[int]) -> DecoderState:
        """An independent state of these sessions, in this order; one that is named twice goes on as two."""
        return DecoderState(self.rings.take(sessions, axis=2), self.position.take(sessions))


class Decoder:
    """The streaming transformer; it keeps nothing between steps but its weights."""

    def __init__(self, session: onnxruntime.InferenceSession, metadata: dict[str, str]) -> None:
        self._session = session
        self.metadata = metadata
        config: dict[str, int] = json.loads(metadata["config"])
        self.layers, self.heads, self.window = config["layers"], config["heads"], config["window"]
        self._head_size = config["width"] // config["heads"]
        self._rings = ring_names(self.layers)

    @classmethod
    def open(cls, path: Path | None = None, *, provider: str = AUTO, threads: int = 1) -> Decoder:
        """The model in ``path``, or the one that comes with the package.

        Raises:
            ModelContractError: the file is missing, broken, altered, or made for another contract.
        """
        path = weights_folder() / AMT_FILE if path is None else path
        session = open_session(path, provider=provider, threads=threads, small=True)
        return cls(session, read_metadata(session, path, "amt"))

    @property
    def provider(self) -> str:
        """The execution provider that is really used."""
        return provider_of(self._session)

    @property
    def provenance(self) -> dict[str, Any]:
        """What the weights were made from, and how."""
        found: dict[str, Any] = json.loads(self.metadata["provenance"])
        return found

    def start(self, batch: int = 1) -> DecoderState:
        """The state before the first step of ``batch`` sessions."""
        shape = (self.layers, 2, batch, self.heads, self.window, self._head_size)
        return DecoderState(np.zeros(shape, np.float32), np.zeros(batch, np.int64))

    def step(self, inputs: Sequence[StepInput], state: DecoderState) -> NDArray[np.float32]:
        """Logits float32 [B, 159] over each session's next chord; the new column is written into ``state``."""
        assert len(inputs) == len(state.position), (len(inputs), len(state.position))
        chords = [START if x.previous is None else x.previous for x in inputs]
        fed: dict[str, NDArray[Any]] = {**feeds(inputs, chords), POSITION: state.position}
        for i, name in enumerate(self._rings):
            fed[name] = state.rings[i // 2, i % 2]
        logits, column = self._session.run(["logits", COLUMN], fed)
        slot = state.position % self.window
        rows = np.arange(len(slot))
        # Advanced indices apart from each other put the batch axis first: [B, L, 2, heads, head_size].
        state.rings[:, :, rows, :, slot] = column.reshape(len(slot), self.layers, 2, self.heads, -1)
        state.position += 1
        found: NDArray[np.float32] = logits
        return found
