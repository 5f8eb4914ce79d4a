"""CLIP's image tower: a picture's embedding, and how well each of the six emotions describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import ModelContractError
from stream_v2m.core.features import SEMANTIC
from stream_v2m.inference.binding import Runner
from stream_v2m.inference.clip_files import CLIP_CONTRACT, EXPORT, ClipCard, digest, read_card
from stream_v2m.inference.runtime import open_session, provider_of, read_metadata

if TYPE_CHECKING:
    import onnxruntime

PICTURES = "pictures"
EMBEDDING, PROBABILITIES, SEMANTICS = "embedding", "probabilities", "semantics"


@dataclass(frozen=True, slots=True, eq=False)
class ClipResult:
    """What one picture gave.

    Attributes:
        embedding: float32 [D], as the tower gives it, not normalised.
        probabilities: float32 [6], a softmax over the emotions in the order of ``EMOTIONS``.
        semantics: float32 [384], the embedding as the AMT was trained with it; None for every other model than the
            one whose embeddings those were.
    """

    embedding: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    semantics: NDArray[np.float32] | None


class ClipEncoder:
    """One CLIP export in ONNX Runtime. Preprocessing is inside the graph; any thread may ask, one at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, info: ClipCard) -> None:
        self._session, self._run, self.info = session, Runner(session), info

    @classmethod
    def open(cls, path: Path, *, provider: str = "cpu", threads: int = 1) -> ClipEncoder:
        """Open an export that ``python -m export clip`` has made; reads the file twice, once for its hash.

        Raises:
            ModelContractError: it or its card is missing, altered or of another contract; no onnxruntime.
        """
        card = read_card(path)
        if path.is_file() and digest(path) != card.sha256:
            raise ModelContractError(
                "is not the file that its card describes",
                where=path,
                expected=f"sha256 {card.sha256[:12]}…",
                cure=f"export it again: `{EXPORT}`",
            )
        session = open_session(path, provider=provider, threads=threads)
        read_metadata(session, path, "clip", contract=CLIP_CONTRACT)
        return cls(session, card)

    @property
    def provider(self) -> str:
        """What really runs it."""
        return provider_of(self._session)

    def encode(self, rgb: NDArray[np.uint8]) -> ClipResult:
        """Look at one picture, RGB uint8 [H, W, 3].

        Any size and proportions; the graph frames it as the model's own preprocessing does, so proportions are to be
        those of the world. Much more than ``info.input_size`` pixels a side costs time and changes little.
        """
        found = self.encode_batch(rgb[None])
        semantics = found.get(SEMANTICS)
        return ClipResult(found[EMBEDDING][0], found[PROBABILITIES][0], None if semantics is None else semantics[0])

    def encode_batch(self, pictures: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Look at pictures of one size, RGB uint8 [B, H, W, 3]; the graph's outputs by name, each [B, …]."""
        assert pictures.ndim == 4 and pictures.shape[3] == 3 and pictures.dtype == np.uint8, pictures.shape
        names = [EMBEDDING, PROBABILITIES, *([SEMANTICS] if self.info.semantics else [])]
        values = self._run(names, {PICTURES: pictures})
        found: dict[str, NDArray[np.float32]] = dict(zip(names, values, strict=True))
        assert found[PROBABILITIES].shape == (len(pictures), len(EMOTIONS))
        assert SEMANTICS not in found or found[SEMANTICS].shape[1] == SEMANTIC.stop - SEMANTIC.start
        return found
