"""The recipe: one command from data to weights and figures, which skips what is done and goes on where it stopped."""

from __future__ import annotations

import importlib
import json
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from models import recipe, stages
from stream_v2m.core.errors import ConfigError, StreamV2MError
from stream_v2m.inference.decoder import Decoder
from tests.support.muvi_folder import write_muvi

pytestmark = pytest.mark.models

CHORDS = ("C", "F", "G:7", "A:min") * 6
CONFIG = 'model = "amt"\nsteps = 4\n'
RECIPE = """
[[train]]
name = "first"
config = "one.toml"
minutes = 2

[[train]]
name = "second"
config = "one.toml"
init = "first"
minutes = 1

[export]
checkpoints = ["first", "second"]
minutes = 1

[evaluate]
minutes = 1
"""


def in_this_process(command):
    """Runs a stage without starting Python anew."""
    module, *arguments = command[command.index("-m") + 1 :]
    main = importlib.import_module("export.__main__" if module == "export" else module).main
    assert main(arguments) == 0
    yield "ended\n"


class Pretender:
    """Leaves what each stage would, step by step, and keeps the commands; may be stopped after so many lines."""

    def __init__(self, stop_after=None, error=KeyboardInterrupt):
        self.commands, self.lines, self.stop_after, self.error = [], 0, stop_after, error

    def __call__(self, command):
        self.commands.append(command[command.index("-m") + 1 :])
        module, *words = self.commands[-1]
        after = dict(pairwise(words))
        if module == "models.train":
            yield from self._train(Path(after["--out"]))
        elif module == "export":
            Path(after["--out"]).mkdir()
            for name in ("amt.onnx", "dynamics.onnx", "manifest.json"):
                (Path(after["--out"]) / name).write_text("weights")
        else:
            Path(after["--report"]).write_text("{}")
            Path(after["--report"]).with_suffix(".md").write_text("the figures")

    def _train(self, folder):
        folder.mkdir(exist_ok=True)
        for step in (2, 4):
            for name in ("last.pt", "best.pt"):
                (folder / name).write_text(f"{folder.name} {step}")
            with (folder / "metrics.jsonl").open("a") as log:
                log.write(json.dumps({"step": step}) + "\n")
            self.lines += 1
            yield f"{step}/4\n"
            if self.lines == self.stop_after:
                raise self.error

    @property
    def modules(self):
        return [command[0] for command in self.commands]


@pytest.fixture
def words(tmp_path):
    """The command line for a recipe of two trainings, with data."""
    write_muvi(tmp_path / "data" / "muvi", name="001", split="train", chords=CHORDS)
    (tmp_path / "one.toml").write_text(CONFIG)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    folders = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    return [*folders, "--recipe", str(tmp_path / "recipe.toml")]


def test_quick_goes_from_data_to_weights_and_figures(tmp_path, capsys):
    data, out = tmp_path / "data" / "muvi", tmp_path / "out"
    write_muvi(data, name="001", split="train", chords=CHORDS)
    write_muvi(data, name="002", split="val", chords=CHORDS)
    assert recipe.main(["--quick", "--data", str(data.parent), "--out", str(out)], run=in_this_process) == 0
    assert Decoder.open(out / "weights" / "amt.onnx").provenance["parent"]["config"] == "tiny"
    report = json.loads((out / "report.json").read_text())
    assert report["songs"] == 1
    score = report["chords"]["model, whole picture"]["hits_1"]
    told = capsys.readouterr().out
    assert f"| model, whole picture | {score:.3f} |" in told
    assert str(out / "weights" / "amt.onnx") in told
    assert [stage["done"] for stage in json.loads((out / "recipe.json").read_text()).values()] == [True] * 5


def test_the_time_left_is_told_over_all_stages(words, monkeypatch, capsys):
    run = Pretender()
    monkeypatch.setattr(recipe.time, "monotonic", lambda: 60.0 * run.lines)
    assert recipe.main(words, run=run) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "min left" in line]
    assert told[1] == "2/4 · all stages: about 4 min left"
    # The second training takes twice the time that the recipe says.
    assert [int(line.split("about ")[1].split()[0]) for line in told] == [5, 4, 3, 3, 3, 3, 3, 1]


@pytest.mark.parametrize(
    ("planned", "covered", "elapsed", "left"),
    [(60, 0, 5, 60), (60, 10, 10, 50), (60, 10, 20, 100), (60, 60, 90, 0), (60, 61, 90, 0)],
)
def test_the_time_left_follows_the_pace_so_far(planned, covered, elapsed, left):
    assert recipe.time_left(planned, covered, elapsed) == left


def test_what_is_there_is_touched_with_resume_only_and_what_is_done_is_skipped(words, capsys):
    assert recipe.main(words, run=Pretender()) == 0
    again = Pretender()
    assert recipe.main(words, run=again) == 2
    assert "--resume" in capsys.readouterr().err
    assert recipe.main([*words, "--resume"], run=again) == 0
    assert again.commands == []
    assert "the figures" in capsys.readouterr().out


def test_an_interrupted_recipe_goes_on_within_the_stage(words, capsys):
    first, second = Pretender(stop_after=3), Pretender()
    assert recipe.main(words, run=first) == 130
    assert "--resume" in capsys.readouterr().err
    assert recipe.main([*words, "--resume"], run=second) == 0
    assert first.modules == ["models.train"] * 2
    assert second.modules == ["models.train", "export", "models.evaluate"]
    assert second.commands[0][-1] == "--resume"
    assert "--resume" not in first.commands[0]


def test_a_stage_that_was_made_from_something_else_is_not_gone_on_with(words, tmp_path, capsys):
    assert recipe.main(words, run=Pretender()) == 0
    (tmp_path / "one.toml").write_text(CONFIG + "seed = 9\n")
    assert recipe.main([*words, "--resume"], run=Pretender()) == 2
    assert "made from something else, got settings" in capsys.readouterr().err


def test_export_and_figures_are_made_again_when_a_training_was(words, tmp_path):
    assert recipe.main(words, run=Pretender()) == 0
    record = json.loads((tmp_path / "out" / "recipe.json").read_text())
    (tmp_path / "out" / "second" / "best.pt").write_text("better")
    again = Pretender()
    with pytest.raises(FileExistsError):  # the pretender makes the folder anew
        recipe.main([*words, "--resume"], run=again)
    assert again.modules == ["export"]
    assert record["export"]["done"]
    assert not json.loads((tmp_path / "out" / "recipe.json").read_text())["export"]["done"]


def test_a_stage_that_fails_ends_the_recipe_with_its_error(words, capsys):
    run = Pretender(stop_after=1, error=StreamV2MError("did not end well", got="exit code 3"))
    assert recipe.main(words, run=run) == 2
    assert "exit code 3" in capsys.readouterr().err
    assert run.modules == ["models.train"]


def test_trainings_alone_are_started_by_the_launcher(words):
    seen = []

    def run(command):
        seen.append(command)
        yield from Pretender()(command)

    assert recipe.main([*words, "--launch", "torchrun --nproc_per_node 2"], run=run) == 0
    assert [command[0] for command in seen] == ["torchrun", "torchrun", sys.executable, sys.executable]


def test_a_process_gives_its_lines_and_a_bad_end_is_told():
    assert list(recipe.run_process([sys.executable, "-c", "print('a'); print('b')"])) == ["a\n", "b\n"]
    with pytest.raises(StreamV2MError, match="exit code 3"):
        list(recipe.run_process([sys.executable, "-c", "raise SystemExit(3)"]))
    with pytest.raises(ConfigError, match="cannot run"):
        list(recipe.run_process(["no-such-launcher"]))


def test_a_process_ends_with_its_reader():
    lines = recipe.run_process([sys.executable, "-c", "import time; print('a', flush=True); time.sleep(600)"])
    assert next(lines) == "a\n"
    lines.close()  # returns only when the process has ended


def test_data_is_found_by_kind_in_folders_and_files(tmp_path):
    write_muvi(tmp_path / "dataset")
    for name in ("pop909.tar.xz", "mcgill_billboard", "vgmidi.tar.xz", "README.md"):
        (tmp_path / name).write_text("")
    found = stages.find_data([tmp_path])
    assert {kind: [path.name for path in paths] for kind, paths in found.items()} == {
        "muvi": ["dataset"],
        "pop909": ["pop909.tar.xz"],
        "billboard": ["mcgill_billboard"],
        "isophonics": [],
    }


def test_missing_data_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such data"):
        stages.find_data([tmp_path / "none"])
    with pytest.raises(ConfigError, match="no data here"):
        stages.find_data([tmp_path])
    (tmp_path / "pop909.tar.xz").write_text("")
    with pytest.raises(ConfigError, match="MuVi-Sync is missing"):
        stages.find_data([tmp_path])


@pytest.mark.parametrize(
    ("old", "new"), [('init = "first"', 'init = "third"'), ('"second"]', '"third"]'), ("minutes = 2", "hours = 2")]
)
def test_a_recipe_that_does_not_fit_together_is_refused(tmp_path, old, new):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace(old, new, 1))
    with pytest.raises(ConfigError, match="cannot read the recipe"):
        stages.read(path)


@pytest.mark.parametrize("name", ["recipe", "quick"])
def test_the_recipes_that_come_with_the_project_have_their_configs(name, request, tmp_path):
    folder = request.config.rootpath / "configs" / "train"
    made = stages.of_recipe(
        stages.read(folder / f"{name}.toml"), folder=folder, data={"muvi": [tmp_path]}, out=tmp_path
    )
    assert [stage.name for stage in made] == ["pretrain", "finetune", "dynamics", "export", "evaluate"]
