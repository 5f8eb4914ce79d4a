"""The streaming affective multimodal transformer: one causal stream of chords with the picture added to them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.attention import PERIOD, WindowAttention, rotation_table
from models.conditions import ConditionEncoder, Conditions
from models.config import AmtConfig
from stream_v2m.core.chords import QUALITIES, ROOTS, VOCABULARY
from stream_v2m.inference.contract import LOGITS, PAD

START = VOCABULARY  # the 'previous chord' of a first step
_NEVER = -1e4  # a logit or a score that no softmax lets through, finite in every precision


class ChordEmbedding(nn.Module):
    """Previous chords to [..., width]: an embedding of the root plus one of the quality."""

    root_of: Tensor
    quality_of: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        label = torch.arange(VOCABULARY - 1)
        silent, start = torch.tensor([ROOTS]), torch.tensor([ROOTS + 1])
        self.register_buffer("root_of", torch.cat([silent, label // len(QUALITIES), start]), persistent=False)
        silent, start = torch.tensor([len(QUALITIES)]), torch.tensor([len(QUALITIES) + 1])
        self.register_buffer("quality_of", torch.cat([silent, label % len(QUALITIES), start]), persistent=False)
        self.root = nn.Embedding(ROOTS + 2, width)
        self.quality = nn.Embedding(len(QUALITIES) + 2, width)

    def forward(self, label: Tensor) -> Tensor:
        """Embed labels int64 [...] 0…156, or START."""
        embedded: Tensor = self.root(self.root_of[label]) + self.quality(self.quality_of[label])
        return embedded


class Block(nn.Module):
    """Pre-normalised attention and feed-forward."""

    def __init__(self, config: AmtConfig) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(config.width)
        self.attention = WindowAttention(config.width, config.heads)
        self.before_feed = nn.LayerNorm(config.width)
        self.expand = nn.Linear(config.width, config.hidden)
        self.contract = nn.Linear(config.hidden, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def _feed(self, x: Tensor) -> Tensor:
        fed: Tensor = self.contract(F.gelu(self.expand(self.before_feed(x))))
        return fed

    def forward(self, x: Tensor, turn: Tensor, mask: Tensor | None) -> Tensor:
        """Whole sequences [B, T, width]; see ``WindowAttention.forward``."""
        x = x + self.dropout(self.attention(self.before_attention(x), turn, mask))
        fed: Tensor = self.dropout(self._feed(x))
        return x + fed

    def step(self, x: Tensor, turn: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """One step [B, width]; see ``WindowAttention.step``."""
        mixed, column = self.attention.step(self.before_attention(x), turn, keys, values, mask)
        x = x + mixed
        return x + self._feed(x), column

    def scale_outputs(self, std: float) -> None:
        """Begin with small additions to the residual stream."""
        nn.init.normal_(self.attention.output.weight, std=std)
        nn.init.normal_(self.contract.weight, std=std)


class Amt(nn.Module):
    """Logits over the next chord from the chords so far and the pictures up to now.

    A step's token is the previous chord plus this step's conditions; nothing looks ahead.
    """

    turns: Tensor
    barred: Tensor

    def __init__(self, config: AmtConfig) -> None:
        super().__init__()
        assert config.window <= PERIOD, "two steps in the window would share a rotation"
        self.config = config
        self.chord = ChordEmbedding(config.width)
        self.conditions = ConditionEncoder(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, LOGITS)
        self.register_buffer("turns", rotation_table(config.width // config.heads), persistent=False)
        barred = torch.zeros(LOGITS)
        barred[PAD] = _NEVER
        self.register_buffer("barred", barred, persistent=False)
        self.apply(_initialise)
        for block in self.blocks:
            assert isinstance(block, Block)
            block.scale_outputs(0.02 / (2 * config.layers) ** 0.5)

    def forward(self, previous: Tensor, conditions: Conditions) -> Tensor:
        """Logits float32 [B, T, 159] for whole sequences.

        Args:
            previous: int64 [B, T], the chord before each step, START before the first.
            conditions: of the same steps, [B, T, …].
        """
        length = previous.shape[1]
        turn = self.turns[torch.arange(length, device=previous.device) % PERIOD][:, :, None, None]
        mask = self._mask(length) if length > self.config.window else None
        x = self.dropout(self.chord(previous) + self.conditions(conditions))
        for block in self.blocks:
            x = block(x, turn, mask)
        logits: Tensor = self.head(self.norm(x)).float()
        return logits + self.barred

    def _mask(self, length: int) -> Tensor:
        """Where a step may look: bool [T, T], itself and the window − 1 steps before it."""
        step = torch.arange(length, device=self.turns.device)
        age = step[:, None] - step
        return (age >= 0) & (age < self.config.window)

    def step(
        self, previous: Tensor, conditions: Conditions, position: Tensor, rings: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """One step for a batch.

        Args:
            previous: int64 [B], START at the beginning.
            conditions: of this step, [B, …].
            position: int64 [B], steps made so far in each row.
            rings: keys and values of each layer in turn, 2 · layers tensors [B, heads, W, head_size]; the column of
                step p stands in slot p mod W.

        Returns:
            Logits float32 [B, 159] and the new column [B, 2 · layers, heads, head_size] in the order of ``rings``,
            which the caller writes into slot ``position`` mod W.
        """
        slot = torch.arange(self.config.window, device=position.device)
        oldest = torch.remainder(position, self.config.window).unsqueeze(1)
        seen = (slot < position.unsqueeze(1)) & (slot != oldest)
        mask = torch.where(seen, 0.0, _NEVER)[:, None, None, :]
        turn = self.turns[torch.remainder(position, PERIOD)][:, :, None, None]
        x = self.chord(previous) + self.conditions(conditions)
        columns = []
        for i, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            x, column = block.step(x, turn, rings[2 * i], rings[2 * i + 1], mask)
            columns.append(column)
        return self.head(self.norm(x)) + self.barred, torch.cat(columns, dim=1)

    def rings(self, batch: int) -> list[Tensor]:
        """Empty rings for ``step``."""
        config = self.config
        shape = (batch, config.heads, config.window, config.width // config.heads)
        return [torch.zeros(shape) for _ in range(2 * config.layers)]


def _initialise(module: nn.Module) -> None:
    """Small normal weights and zero biases, as in GPT-2."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
