"""The proof that an export sees what open_clip sees, from the picture on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from export.clip_tower import Loaded
from stream_v2m.inference.clip import ClipEncoder

Weights = Literal["float32", "float16", "int8"]

# Least cosine of an embedding to open_clip's own, its preprocessing included.
TOLERANCES: dict[Weights, float] = {"float32": 0.9999, "float16": 0.999, "int8": 0.99}
# Height and width: none fits a patch, one is smaller than any tower's input, one is upright, one a strip.
_SIZES = ((181, 333), (480, 854), (97, 121), (333, 211), (250, 251), (64, 403))
_BLOB = 17  # pixels


def odd_pictures(seed: int = 0) -> list[NDArray[np.uint8]]:
    """Invented pictures RGB uint8 [H, W, 3] of odd sizes: soft blobs, hard edges, noise."""
    rng = np.random.default_rng(seed)
    return [_picture(rng, height, width) for height, width in _SIZES]


def reference(loaded: Loaded, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """open_clip's embedding [D] of a picture, by its own transform on a Pillow image."""
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from PIL import Image

    transform = image_transform_v2(PreprocessCfg(**loaded.preprocess), is_train=False)
    with torch.inference_mode():
        embedding: NDArray[np.float32] = loaded.model.encode_image(transform(Image.fromarray(picture))[None])[0].numpy()
    return embedding


def least_cosine(loaded: Loaded, encoder: ClipEncoder, pictures: Sequence[NDArray[np.uint8]]) -> float:
    """The least cosine of the two embeddings over ``pictures``."""
    return min(cosine(reference(loaded, each), encoder.encode(each).embedding) for each in pictures)


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Of two vectors."""
    return float(a.astype(np.float64) @ b / (np.linalg.norm(a.astype(np.float64)) * np.linalg.norm(b)))


def _picture(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    coarse = rng.uniform(0, 255, (height // _BLOB + 2, width // _BLOB + 2, 3))
    down, across = np.arange(height) / _BLOB, np.arange(width) / _BLOB
    top, left = down.astype(int), across.astype(int)
    a, b = (down - top)[:, None, None], (across - left)[None, :, None]
    rows = coarse[top] * (1 - a) + coarse[top + 1] * a
    levels = rows[:, left] * (1 - b) + rows[:, left + 1] * b
    levels[height // 3 : height // 2, width // 4 :] = rng.uniform(0, 255, 3)
    noisy: NDArray[np.uint8] = np.clip(levels + rng.normal(0, 12, levels.shape), 0, 255).astype(np.uint8)
    return noisy
