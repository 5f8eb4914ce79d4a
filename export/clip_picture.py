"""open_clip's preprocessing of a picture inside the graph: resized as Pillow does it, framed, normalised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from stream_v2m.core.errors import ConfigError

SHORTEST, LONGEST, SQUASH = "shortest", "longest", "squash"
_LEVELS = 255
_A = -0.5  # of Pillow's bicubic kernel (Keys 1981); Torch and OpenCV take −0.75


class PictureInput(nn.Module):
    """Pictures RGB uint8 [B, H, W, 3] of any size to the tower's input float32 [B, 3, S, S].

    Pillow widens its kernel where it shrinks, goes over the columns, rounds to whole levels, goes over the rows,
    and rounds again. Both passes are products with a matrix here, whose weights are computed in the graph from
    the picture's size: ONNX's Resize would do the same, but its antialiased cubic is wrong on CUDA in ONNX Runtime.
    What a crop takes away is never computed.

    Args:
        config: open_clip's preprocessing: ``size``, ``mean``, ``std``, ``interpolation``, ``resize_mode``,
            ``fill_color``.

    Raises:
        ConfigError: a tower that does not look at a square.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        size = config["size"]
        sides = {size} if isinstance(size, int) else set(size)
        if len(sides) != 1:
            raise ConfigError("the tower does not look at a square", where="--model", got=f"{size}")
        self.size = int(sides.pop())
        self.framing = str(config["resize_mode"])
        self._cubic = config["interpolation"] != "bilinear"
        self._fill = float(config["fill_color"])
        self.register_buffer("mean", torch.tensor(config["mean"], dtype=torch.float32).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(config["std"], dtype=torch.float32).view(3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """The tower's input."""
        height, width = (torch.scalar_tensor(side, dtype=torch.float64) for side in pictures.shape[1:3])
        rows, columns = self._resized(height, width)
        down, row_seen = self._matrix(pictures.shape[1], height, rows)
        across, column_seen = self._matrix(pictures.shape[2], width, columns)
        levels = pictures.permute(0, 3, 1, 2).to(torch.float32)
        levels = _whole(levels @ across.T)
        levels = _whole(down @ levels)
        if self.framing == LONGEST:
            levels = torch.where(row_seen[:, None] & column_seen, levels, self._fill)
        return (levels / _LEVELS - self.mean) / self.std

    def _resized(self, height: Tensor, width: Tensor) -> tuple[Tensor, Tensor]:
        """Height and width to resize to, in whole pixels, float64 []."""
        if self.framing == SQUASH:
            side = torch.full_like(height, self.size)
            return side, side
        if self.framing == SHORTEST:  # torchvision rounds the longer side down
            shorter = torch.minimum(height, width)
            return torch.floor(self.size * height / shorter), torch.floor(self.size * width / shorter)
        ratio = torch.maximum(height / self.size, width / self.size)
        return torch.round(height / ratio), torch.round(width / ratio)

    def _matrix(self, length: int, size: Tensor, resized: Tensor) -> tuple[Tensor, Tensor]:
        """Weights float32 [S, length] of each pixel of the frame, and whether the picture reaches it, bool [S]."""
        spare = resized - self.size
        # a crop rounds to even, a border has its odd pixel at the end
        first = torch.where(spare >= 0, torch.round(spare / 2), -torch.floor(-spare / 2))
        place = torch.arange(self.size, dtype=torch.float64) + first
        scale = size / resized
        centres = (place + 0.5) * scale
        pixels = torch.arange(length, dtype=torch.float64) + 0.5
        distances = (pixels - centres[:, None]).abs() / torch.clamp(scale, min=1.0)
        weights = _bicubic(distances) if self._cubic else torch.clamp(1 - distances, min=0.0)
        seen = (place >= 0) & (place < resized)
        total = weights.sum(dim=1, keepdim=True)
        weights = weights / torch.where(seen[:, None], total, 1.0)
        return weights.to(torch.float32), seen


def _bicubic(x: Tensor) -> Tensor:
    near = ((_A + 2) * x - (_A + 3)) * x * x + 1
    far = _A * (((x - 5) * x + 8) * x - 4)
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


def _whole(levels: Tensor) -> Tensor:
    """Pillow's rounding: halves go up."""
    return torch.floor(levels + 0.5).clamp(0, _LEVELS)
