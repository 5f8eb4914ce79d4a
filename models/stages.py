"""A recipe's stages: what each runs, reads and leaves, from a file like configs/train/recipe.toml."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from models import config as configs
from models.data import corpus
from stream_v2m.core.errors import ConfigError
from stream_v2m.inference.contract import AMT_FILE, DYNAMICS_FILE, MANIFEST_FILE

_MINUTES = Field(gt=0, description="about, to begin the estimate of the time left with")


class TrainStage(BaseModel, frozen=True, extra="forbid"):
    """One training."""

    name: str
    config: Path = Field(description="beside the recipe")
    init: str | None = Field(None, description="the stage whose weights it begins with")
    data: tuple[str, ...] = Field(corpus.KINDS, description="what it learns from, of what there is")
    minutes: float = _MINUTES


class ExportStage(BaseModel, frozen=True, extra="forbid"):
    """Checkpoints to ONNX."""

    checkpoints: tuple[str, str] = Field(description="the trainings of the transformer and of the GRU")
    weights: Literal["int8", "float32"] = "int8"
    minutes: float = _MINUTES


class EvaluateStage(BaseModel, frozen=True, extra="forbid"):
    """The figures of what was exported."""

    split: Literal["train", "val", "test"] = "val"
    minutes: float = _MINUTES


class Recipe(BaseModel, frozen=True, extra="forbid"):
    """Trainings in order, then export and evaluation."""

    train: tuple[TrainStage, ...]
    export: ExportStage
    evaluate: EvaluateStage

    @model_validator(mode="after")
    def _known(self) -> Recipe:
        before: list[str] = []
        for stage in self.train:
            if stage.init not in (None, *before):
                raise ValueError(f"{stage.name} begins with {stage.init!r}, which is no stage before it")
            before.append(stage.name)
        unknown = set(self.export.checkpoints) - set(before)
        if unknown or len(set(before)) < len(before):
            raise ValueError(f"names must be unique, and exported ones trained: {before}, {self.export.checkpoints}")
        return self


@dataclass(frozen=True, slots=True)
class Stage:
    """One command.

    ``reads`` and ``settings`` are what its result depends on, ``leaves`` are its results; ``begun`` is there as soon as
    there is something to go on with. ``log`` and ``steps`` tell how far a training is. What a ``told_later`` stage
    prints stands in what it leaves as well, and is shown from there.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    reads: tuple[Path, ...]
    settings: str
    leaves: tuple[Path, ...]
    begun: Path
    minutes: float
    log: Path | None = None
    steps: int = 1
    told_later: bool = False

    @property
    def share(self) -> float:
        """How much of a training's schedule is done, 0–1."""
        if self.log is None or not self.begun.exists():
            return 0.0
        return float(json.loads(self.log.read_text(encoding="utf-8").splitlines()[-1])["step"]) / self.steps


def read(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        ConfigError: not TOML, or a value that does not fit.
    """
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError("cannot read the recipe", where=path, got=error) from error


def find_data(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """Data by kind: the paths themselves, or what lies in a folder that is none itself.

    Raises:
        ConfigError: a path is not there or has no data; or MuVi-Sync, which every recipe needs, is missing.
    """
    found: dict[str, list[Path]] = {kind: [] for kind in corpus.KINDS}
    for path in paths:
        if not path.exists():
            raise ConfigError("no such data", where=path, cure="give files or folders with --data")
        inside = [path] if corpus.kind_of(path) or not path.is_dir() else sorted(path.iterdir())
        known = [(kind, each) for each in inside if (kind := corpus.kind_of(each))]
        if not known:
            raise ConfigError("no data here", where=path, expected=f"names with {', '.join(corpus.KINDS)}")
        for kind, each in known:
            found[kind].append(each)
    if not found["muvi"]:
        raise ConfigError("MuVi-Sync is missing", where=paths[0], cure="docs/training.md says where it is")
    return found


def of_recipe(recipe: Recipe, *, folder: Path, data: dict[str, list[Path]], out: Path) -> list[Stage]:
    """The commands of a recipe whose training configs lie in ``folder``."""
    stages = [_training(stage, folder / stage.config, data, out) for stage in recipe.train]
    checkpoints = tuple(out / name / "best.pt" for name in recipe.export.checkpoints)
    weights, report = out / "weights", out / "report.json"
    onnx = (weights / AMT_FILE, weights / DYNAMICS_FILE)
    stages.append(
        Stage(
            name="export",
            module="export",
            arguments=(*map(str, checkpoints), "--out", str(weights), "--weights", recipe.export.weights),
            reads=checkpoints,
            settings=recipe.export.weights,
            leaves=(*onnx, weights / MANIFEST_FILE),
            begun=weights / MANIFEST_FILE,
            minutes=recipe.export.minutes,
        )
    )
    split, muvi = recipe.evaluate.split, data["muvi"]
    words = ["--data", *map(str, muvi), "--split", split, "--amt", str(onnx[0]), "--dynamics", str(onnx[1])]
    stages.append(
        Stage(
            name="evaluate",
            module="models.evaluate",
            arguments=(*words, "--report", str(report)),
            reads=(*muvi, *onnx),
            settings=split,
            leaves=(report, report.with_suffix(".md")),
            begun=report,
            minutes=recipe.evaluate.minutes,
            told_later=True,
        )
    )
    return stages


def _training(stage: TrainStage, config_file: Path, data: dict[str, list[Path]], out: Path) -> Stage:
    config = configs.read(config_file)
    folder = out / stage.name
    paths = [path for kind in stage.data for path in data.get(kind, [])]
    arguments = ["--config", str(config_file), "--data", *map(str, paths), "--out", str(folder)]
    reads = paths
    if stage.init is not None:
        init = out / stage.init / "best.pt"
        arguments += ["--init", str(init)]
        reads = [*paths, init]
    return Stage(
        name=stage.name,
        module="models.train",
        arguments=tuple(arguments),
        reads=tuple(reads),
        settings=config.model_dump_json(),
        leaves=(folder / "best.pt",),
        begun=folder / "last.pt",
        minutes=stage.minutes,
        log=folder / "metrics.jsonl",
        steps=config.steps,
    )
