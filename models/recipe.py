"""From data to weights and their figures by one command: ``python -m models.recipe --data FOLDER --out runs``.

Pretraining, fine-tuning, the dynamics model, export and evaluation, each a command that can be run by itself. With
``--resume`` stages that are done are skipped and one that was interrupted goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from models import stages as recipes
from models.provenance import digest
from models.stages import Stage
from stream_v2m.core.errors import ConfigError, StreamV2MError

# Runs a command and gives its lines as they come; raises a StreamV2MError if it does not end well.
Runner = Callable[[list[str]], Iterator[str]]


def run_process(command: list[str]) -> Iterator[str]:
    """Run a command as a process that ends when the reader does."""
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    except OSError as error:
        raise ConfigError("cannot run this", where=command[0], got=error) from error
    with process:
        try:
            assert process.stdout is not None
            yield from process.stdout
            process.wait()
        finally:
            process.terminate()  # without effect on what has ended
    if process.returncode != 0:
        raise StreamV2MError(
            "did not end well",
            where=spelt(command),
            got=f"exit code {process.returncode}",
            cure="mend what it says above, then go on with --resume",
        )


def main(arguments: list[str] | None = None, *, run: Runner = run_process) -> int:
    """Run the command; 0, 2 when something is wrong, or 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m models.recipe", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="data, or folders with data in them")
    parser.add_argument("--out", type=Path, required=True, help="folder for all that is made")
    parser.add_argument("--resume", action="store_true", help="skip what is done, go on with what was interrupted")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="tiny models, to prove the chain in minutes")
    kind.add_argument("--recipe", type=Path, help="default: configs/train/recipe.toml")
    parser.add_argument("--launch", help="what starts a training's processes, as in 'accelerate launch --multi_gpu'")
    options = parser.parse_args(arguments)
    file = options.recipe or _configs() / ("quick.toml" if options.quick else "recipe.toml")
    try:
        data = recipes.find_data(options.data)
        stages = recipes.of_recipe(recipes.read(file), folder=file.parent, data=data, out=options.out)
        for kind_of_data, paths in data.items():
            print(f"{kind_of_data:11} {', '.join(map(str, paths)) or 'not there: trained without'}")
        launch = shlex.split(options.launch) if options.launch else [sys.executable]
        follow(stages, Record(options.out / "recipe.json"), launch=launch, resume=options.resume, run=run)
    except StreamV2MError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the same command with --resume goes on from the last evaluation", file=sys.stderr)
        return 130
    print(summary(options.out, stages))
    return 0


def _configs() -> Path:
    """The folder of the project's recipes, as short as it can be said."""
    folder, here = Path(__file__).parents[1] / "configs" / "train", Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


class Record:
    """What each stage was made from and whether it is done, kept in ``recipe.json``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def done(self, stage: Stage) -> bool:
        """Whether all that the stage leaves is there, made to its end."""
        kept = self._kept.get(stage.name, {})
        return bool(kept.get("done")) and all(path.exists() for path in stage.leaves)

    def difference(self, stage: Stage) -> str | None:
        """What of that which the stage was made from has changed, by name; None if all is the same."""
        kept, now = self._kept.get(stage.name, {}).get("made_from", {}), made_from(stage)
        changed = [name for name in sorted({*kept, *now}) if kept.get(name) != now.get(name)]
        return ", ".join(changed) or None

    def begin(self, stage: Stage, command: list[str], *, again: bool) -> None:
        """Note that a stage begins, or goes on."""
        spent = self._kept[stage.name]["seconds"] if again else 0.0
        self._kept[stage.name] = {
            "command": spelt(command),
            "made_from": made_from(stage),
            "seconds": spent,
            "done": False,
        }
        self._save()

    def end(self, stage: Stage, *, seconds: float, done: bool) -> None:
        """Note that a stage has ended, or was stopped, after so many seconds."""
        kept = self._kept[stage.name]
        kept["seconds"] = round(kept["seconds"] + seconds, 1)
        kept["done"] = done
        self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._kept, indent=2) + "\n", encoding="utf-8")


def made_from(stage: Stage) -> dict[str, str]:
    """What a stage's result depends on: its settings, and the hashes of what it reads."""
    return {"settings": stage.settings, **{f"{path.parent.name}/{path.name}": digest(path) for path in stage.reads}}


def spelt(command: Sequence[str]) -> str:
    """A command as one would type it."""
    first, *words = command
    return shlex.join(["python" if first == sys.executable else first, *words])


def follow(stages: list[Stage], record: Record, *, launch: list[str], resume: bool, run: Runner) -> None:
    """Run the stages in order.

    Raises:
        ConfigError: there is something already and ``resume`` is not set, or it was made from something else.
        StreamV2MError: a stage did not end well.
    """
    there = [stage.begun for stage in stages if stage.begun.exists()]
    if there and not resume:
        raise ConfigError("there already", where=there[0], cure="--resume goes on, another --out begins anew")
    clock = _Clock(sum(stage.minutes * (1 - stage.share) for stage in stages if not record.done(stage)))
    for i, stage in enumerate(stages, start=1):
        heading = f"[{i}/{len(stages)}] {stage.name}"
        again = _may_go_on(stage, record)
        if again and record.done(stage):
            print(f"{heading}: done")
            continue
        starter = launch if stage.log else [sys.executable]
        command = [*starter, "-m", stage.module, *stage.arguments, *(["--resume"] if again and stage.log else [])]
        print(f"{heading}: {spelt(command)}\n{heading}: {clock.left()}", flush=True)
        record.begin(stage, command, again=again)
        _run(stage, command, record, clock, run)


def _may_go_on(stage: Stage, record: Record) -> bool:
    """Whether what a stage has left can be gone on with; exports and figures are simply made again."""
    changed = record.difference(stage)
    if not stage.begun.exists() or (changed and not stage.log):
        return False
    if changed:
        folder = stage.begun.parent
        raise ConfigError("was made from something else", where=folder, got=changed, cure="another --out, or remove it")
    return True


def _run(stage: Stage, command: list[str], record: Record, clock: _Clock, run: Runner) -> None:
    first = shown = stage.share
    began, done = time.monotonic(), False
    try:
        for line in run(command):
            share, ahead = stage.share, ""
            if share > shown:
                ahead, shown = f" · {clock.left(stage.minutes * (share - first))}", share
            if not stage.told_later:
                print(line.rstrip("\n") + ahead, flush=True)
        done = True
    finally:
        record.end(stage, seconds=time.monotonic() - began, done=done)
    clock.covered += stage.minutes * (1 - first)


class _Clock:
    """The time left over all stages, from what the recipe says they take and how fast it goes here."""

    def __init__(self, planned: float) -> None:
        self.planned, self.covered, self.began = planned, 0.0, time.monotonic()

    def left(self, ahead: float = 0.0) -> str:
        """In words; ``ahead`` are planned minutes covered of the present stage."""
        minutes = time_left(self.planned, self.covered + ahead, (time.monotonic() - self.began) / 60)
        return f"all stages: about {minutes:.0f} min left"


def time_left(planned: float, covered: float, elapsed: float) -> float:
    """Minutes left of ``planned`` ones when ``covered`` of them took ``elapsed``."""
    pace = elapsed / covered if covered > 0 else 1.0
    return max(planned - covered, 0.0) * pace


def summary(out: Path, stages: list[Stage]) -> str:
    """Where everything is, and the figures."""
    *trained, export, evaluate = stages
    checkpoints = [str(path) for path in export.reads]
    return "\n".join(
        [
            "",
            evaluate.leaves[1].read_text("utf-8"),
            f"checkpoints  {', '.join(str(stage.leaves[0]) for stage in trained)}",
            f"weights      {', '.join(map(str, export.leaves))}",
            f"figures      {', '.join(map(str, evaluate.leaves))}",
            f"record       {out / 'recipe.json'}",
            f"compare      python -m models.runs {' '.join(str(stage.begun.parent) for stage in trained)}",
            f"play them    python -m export {' '.join(checkpoints)}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
