"""A table of runs: ``python -m models.runs runs/*`` tells what differed and how good each became, as Markdown."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from models.checkpoint import Checkpoint
from models.report import FIGURES, markdown_table, shown
from stream_v2m.core.errors import ConfigError, StreamV2MError

_MODELS = ("amt", "dynamics", "paper")


@dataclass(frozen=True, slots=True)
class Run:
    """One training: its settings by dotted names, its best figures, how far it went and how long it took."""

    name: str
    model: str
    settings: dict[str, Any]
    best: dict[str, float]
    step: int
    seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 when there is no run."""
    parser = argparse.ArgumentParser(prog="python -m models.runs", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="of runs; the first is what others differ from")
    options = parser.parse_args(arguments)
    try:
        runs = [read(folder) for folder in options.folders if (folder / "metrics.jsonl").exists()]
        if not any(runs):
            raise ConfigError("no run here", where=options.folders[0], expected="metrics.jsonl and best.pt")
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("\n\n".join(table(own) for model in _MODELS if (own := [run for run in runs if run and run.model == model])))
    return 0


def read(folder: Path) -> Run | None:
    """A run's folder; None where nothing was evaluated yet."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    if not lines:
        return None
    checkpoint = Checkpoint.load(folder / "best.pt")
    config, made = checkpoint.config, checkpoint.provenance
    parent = made.get("parent") or {"config": "nothing"}
    settings = config.model_dump(exclude={"model"} | ({*_MODELS} - {config.model}))
    return Run(
        name=folder.name,
        model=config.model,
        settings={"init": parent["config"], "data": " ".join(made.get("data_sha256", {})), **_flat(settings)},
        best=min(lines, key=lambda line: float(line["score"])),
        step=int(lines[-1]["step"]),
        seconds=_spent([float(line["seconds"]) for line in lines]),
    )


def _flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return found


def _spent(seconds: list[float]) -> float:
    """A resumed run's clock begins again: the sum of the ends of each part."""
    return sum(one for one, after in pairwise([*seconds, 0.0]) if after < one)


def table(runs: list[Run]) -> str:
    """Runs of one model, the first with its sizes, the others with what differs from it."""
    first = runs[0]
    figures = [name for name in FIGURES if name in first.best]
    headings = ["run", "differs by", "batches", "best at", "minutes", *(FIGURES[name][0] for name in figures)]
    rows = []
    for run in runs:
        batches = str(run.step) if run.step == run.settings["steps"] else f"{run.step} of {run.settings['steps']}"
        ends = [batches, str(int(run.best["step"])), f"{run.seconds / 60:.0f}", *shown(run.best, figures)]
        rows.append([run.name, _difference(run, first), *ends])
    return markdown_table(headings, rows, left=2)


def _difference(run: Run, first: Run) -> str:
    if run is first:
        return "–"
    names = [name for name in run.settings if run.settings[name] != first.settings.get(name)]
    names += [name for name in first.settings if name not in run.settings]
    said = [f"{name.removeprefix(run.model + '.')} {run.settings.get(name, 'none')}" for name in names]
    return ", ".join(said) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
