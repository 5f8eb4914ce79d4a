"""What a model is made of, and how a run trains it: read from configs/train/*.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from stream_v2m.core.errors import ConfigError


class AmtConfig(BaseModel, frozen=True, extra="forbid"):
    """The streaming transformer's sizes."""

    width: int = Field(256, gt=0, description="d, of the residual stream")
    layers: int = Field(5, gt=0)
    heads: int = Field(8, gt=0)
    hidden: int = Field(1024, gt=0, description="of the feed-forward layers")
    window: int = Field(256, gt=1, description="W, steps that attention reaches back, the present one counted")
    dropout: float = Field(0.1, ge=0, lt=1)

    @model_validator(mode="after")
    def _divisible(self) -> AmtConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} is no multiple of twice the {self.heads} heads")
        return self


class DynamicsConfig(BaseModel, frozen=True, extra="forbid"):
    """The causal GRU's sizes."""

    width: int = Field(128, gt=0, description="of the inputs' projection")
    hidden: int = Field(128, gt=0)
    layers: int = Field(2, gt=0)
    dropout: float = Field(0.3, ge=0, lt=1)


class PaperConfig(BaseModel, frozen=True, extra="forbid"):
    """The published offline transformer's sizes and loss (arXiv 2311.00968)."""

    width: int = Field(512, gt=0, description="d, of the residual stream")
    layers: int = Field(6, gt=0, description="of the encoder, and as many of the decoder")
    heads: int = Field(8, gt=0)
    hidden: int = Field(1024, gt=0, description="of the feed-forward layers")
    seconds: int = Field(300, gt=1, description="of the film, padded to this; no chord after it")
    dropout: float = Field(0.1, ge=0, lt=1)
    chord_share: float = Field(0.4, ge=0, le=1, description="cross-entropy's share of the loss")

    @model_validator(mode="after")
    def _divisible(self) -> PaperConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} is no multiple of twice the {self.heads} heads")
        return self


class TrainConfig(BaseModel, frozen=True, extra="forbid"):
    """One run."""

    model: Literal["amt", "dynamics", "paper"] = "amt"
    amt: AmtConfig = AmtConfig()
    dynamics: DynamicsConfig = DynamicsConfig()
    paper: PaperConfig = PaperConfig()
    seed: int = 1
    threads: int = Field(1, gt=0)
    precision: Literal["bfloat16", "float32"] = Field("bfloat16", description="of products; weights are float32")
    compile: bool = Field(False, description="torch.compile; needs a C++ compiler")
    steps: int = Field(2500, gt=0, description="batches in the whole schedule")
    batch: int = Field(8, gt=0, description="sequences a batch, over all processes")
    length: int = Field(256, gt=1, description="steps a sequence")
    rate: float = Field(1e-3, gt=0, description="AdamW's highest learning rate")
    schedule: Literal["cosine", "noam"] = Field("cosine", description="how the rate falls after the warm-up")
    final_rate: float = Field(0.05, ge=0, le=1, description="what the cosine leaves of it, as a share")
    warmup: int = Field(150, ge=0, description="batches")
    weight_decay: float = Field(0.05, ge=0)
    muon: bool = Field(False, description="Muon instead of AdamW for the transformer's matrices")
    matrix_rate: float = Field(10.0, gt=0, description="Muon's learning rate, as a multiple of AdamW's")
    clip: float = Field(1.0, gt=0, description="the gradient's greatest norm")
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    ema: float = Field(0.998, ge=0, lt=1, description="decay of the averaged weights, which are the ones kept")
    evaluate_every: int = Field(250, gt=0, description="batches")
    patience: int = Field(6, gt=0, description="evaluations without a better one before the run stops")
    condition_dropout: float = Field(0.15, ge=0, le=1, description="chance of each condition to be absent")
    picture_dropout: float = Field(0.15, ge=0, le=1, description="chance of the whole picture to be absent")
    live_share: float = Field(0.15, ge=0, le=1, description="chance of semantics alone to be absent, as in live use")
    transpose: float = Field(0.1, ge=0, le=1, description="chance of a wrong key, which is then absent")
    speed: float = Field(0.15, ge=0, lt=1, description="widest change of speed where the source is only chords")
    shift: float = Field(0.5, ge=0, le=1, description="chance to sample MuVi-Sync's chords between its seconds")
    shares: dict[str, float] = Field(
        {"muvi": 1.0, "seconds": 1.0, "bars": 1.0}, description="how often a sequence comes from each view of the data"
    )
    chord_dropout: float = Field(0.2, ge=0, le=1, description="dynamics: chance that a sequence's chords are unknown")
    correlation: float = Field(0.5, ge=0, le=1, description="dynamics: the loss's share for within-song correlation")


def read(path: Path) -> TrainConfig:
    """Read a run's config.

    Raises:
        ConfigError: not TOML, or a value that does not fit.
    """
    try:
        return TrainConfig.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError("cannot read the run's config", where=path, got=error) from error
