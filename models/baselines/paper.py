"""The published model, to compare with: Video2Music's offline affective multimodal transformer.

Kang, Poria, Herremans (arXiv 2311.00968), written anew from the paper and what its public code does. It sees the whole
film before it chooses a chord, so it cannot play live.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import PaperConfig
from stream_v2m.core.chords import QUALITIES, ROOTS, VOCABULARY
from stream_v2m.core.features import FEATURE_SIZE
from stream_v2m.inference.contract import LOGITS

_SPECIAL = LOGITS - VOCABULARY  # END and PAD, each a root and a quality of its own


def skew(by_distance: Tensor) -> Tensor:
    """Scores by distance [..., T, T], distance 0 in the last column, to scores by key [..., T, T].

    Music Transformer's rearrangement (Huang et al. 2019) without a [T, T, d] tensor. What it leaves above the diagonal
    means nothing and has to be masked.
    """
    *batch, length, _ = by_distance.shape
    return F.pad(by_distance, (1, 0)).reshape(*batch, length + 1, length)[..., 1:, :]


def sinusoids(length: int, width: int) -> Tensor:
    """Positions as sines and cosines in turns: float32 [length, width] (Vaswani et al. 2017)."""
    rate = torch.exp(-torch.arange(0, width, 2) * (torch.log(torch.tensor(10000.0)) / width))
    angle = torch.arange(length)[:, None] * rate
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


class RelativeAttention(nn.Module):
    """Causal self-attention; every distance has a learnt key, which all heads share."""

    def __init__(self, config: PaperConfig) -> None:
        super().__init__()
        self.heads, self.head_size = config.heads, config.width // config.heads
        self.inputs = nn.Linear(config.width, 3 * config.width)
        self.output = nn.Linear(config.width, config.width)
        self.distance = nn.Parameter(torch.rand(config.seconds, self.head_size))  # the last row is distance 0
        self.dropout = nn.Dropout(config.dropout)
        nn.init.zeros_(self.inputs.bias)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Attend over [B, T, width], T ≤ ``seconds``."""
        batch, length, width = x.shape
        joined = self.inputs(x).view(batch, length, 3, self.heads, self.head_size)
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        query = query * self.head_size**-0.5
        by_distance = torch.matmul(query, self.distance[-length:].T)
        score = torch.matmul(query, key.transpose(-1, -2)) + skew(by_distance)
        future = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        weight = self.dropout(score.masked_fill(future, -torch.inf).softmax(dim=-1))
        mixed = torch.matmul(weight, value).transpose(1, 2).reshape(batch, length, width)
        output: Tensor = self.output(mixed)
        return output


class DecoderLayer(nn.Module):
    """Relative self-attention, attention to the film and feed-forward, each normalised after its sum."""

    def __init__(self, config: PaperConfig) -> None:
        super().__init__()
        self.own = RelativeAttention(config)
        self.film = nn.MultiheadAttention(config.width, config.heads, config.dropout, batch_first=True)
        self.feed = nn.Sequential(
            nn.Linear(config.width, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.width),
        )
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(3))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, film: Tensor) -> Tensor:
        """One layer over chords [B, T, width] and the encoded film [B, seconds, width]."""
        x = self.norms[0](x + self.dropout(self.own(x)))
        x = self.norms[1](x + self.dropout(self.film(x, film, film, need_weights=False)[0]))
        found: Tensor = self.norms[2](x + self.dropout(self.feed(x)))
        return found


class PaperAmt(nn.Module):
    """Logits over the next chord from the chords so far, the key's mode and the whole film."""

    root_of: Tensor
    quality_of: Tensor
    places: Tensor

    def __init__(self, config: PaperConfig) -> None:
        super().__init__()
        self.config = config
        label, special = torch.arange(VOCABULARY - 1), torch.arange(1, _SPECIAL + 1)
        silent = torch.tensor([0])
        roots, qualities = 1 + label // len(QUALITIES), 1 + label % len(QUALITIES)
        self.register_buffer("root_of", torch.cat([silent, roots, ROOTS + special]), persistent=False)
        self.register_buffer("quality_of", torch.cat([silent, qualities, len(QUALITIES) + special]), persistent=False)
        self.register_buffer("places", sinusoids(config.seconds, config.width), persistent=False)
        self.root = nn.Embedding(1 + ROOTS + _SPECIAL, config.width)
        self.quality = nn.Embedding(1 + len(QUALITIES) + _SPECIAL, config.width)
        self.chord = nn.Linear(config.width + 1, config.width)
        self.film = nn.Linear(FEATURE_SIZE, config.width)
        self.dropout = nn.Dropout(config.dropout)
        layer = nn.TransformerEncoderLayer(config.width, config.heads, config.hidden, config.dropout, batch_first=True)
        self.encoder = nn.TransformerEncoder(
            layer, config.layers, nn.LayerNorm(config.width), enable_nested_tensor=False
        )
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, LOGITS)
        for part in (self.encoder, self.decoder):
            for parameter in part.parameters():
                if parameter.ndim > 1:
                    nn.init.xavier_uniform_(parameter)

    def forward(self, previous: Tensor, minor: Tensor, film: Tensor) -> Tensor:
        """Logits float32 [B, T, 159], none of them barred.

        Args:
            previous: int64 [B, T], the chord before each step, 0…158; T ≤ ``seconds``.
            minor: int64 [B], 1 where the key is minor.
            film: float32 [B, S ≤ ``seconds``, 392] from the song's beginning, in data units; continued with zeros,
                which are no more masked than the rest.
        """
        length = previous.shape[1]
        x = self.root(self.root_of[previous]) + self.quality(self.quality_of[previous])
        mode = minor.to(x.dtype)[:, None, None].expand(-1, length, 1)
        x = self.dropout(self.chord(torch.cat([x, mode], dim=-1)) + self.places[:length])
        film = F.pad(film, (0, 0, 0, self.config.seconds - film.shape[1]))
        memory = self.encoder(self.dropout(self.film(film) + self.places))
        for layer in self.decoder:
            x = layer(x, memory)
        logits: Tensor = self.head(self.norm(x)).float()
        return logits
