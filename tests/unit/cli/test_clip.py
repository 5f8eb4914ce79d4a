"""The clip commands: what is listed, chosen and removed, and which export is then meant."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from stream_v2m.cli.main import app
from stream_v2m.core.errors import ConfigError
from stream_v2m.inference import clip_files
from stream_v2m.inference.clip_files import card_path, find_clip, list_clips
from tests.support.clip import write_clip

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_files, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(clip_files, "user_folder", lambda: tmp_path / "user")
    return tmp_path


def exported(folder, *names):
    for name in names:
        write_clip(folder / "data" / "clip", name)


def run(*arguments):
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["clip", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_with_no_export_the_list_says_how_to_make_one():
    assert "python -m export clip --model ViT-B-32 --pretrained laion2b_s34b_b79k" in run("list")
    with pytest.raises(ConfigError, match="python -m export clip"):
        find_clip()


def test_the_only_export_is_meant_without_being_chosen(folders):
    exported(folders, "one")
    assert find_clip().stem == "one"
    line = next(line for line in run("list").splitlines() if " one " in line)
    assert line.split()[:5] == ["*", "one", "tiny", "random", "float32"]
    assert "1.00000" in line and line.split()[-2:] == ["no", "none"]


def test_of_several_the_chosen_one_is_meant_and_marked(folders):
    exported(folders, "one", "two.5")
    with pytest.raises(ConfigError, match="clip use NAME"):
        find_clip()
    assert "two.5" in run("use", "two.5")
    assert find_clip().name == "two.5.onnx"
    assert [line.split()[1] for line in run("list").splitlines() if line.startswith("*")] == ["two.5"]


def test_an_export_can_be_named_or_given_as_a_file(folders):
    exported(folders, "one", "two")
    assert find_clip("one") == folders / "data" / "clip" / "one.onnx"
    assert find_clip("elsewhere/three.onnx").name == "three.onnx"
    with pytest.raises(ConfigError, match="one of one, two"):
        find_clip("three")


def test_what_is_removed_is_gone_with_its_card_and_no_longer_chosen(folders):
    exported(folders, "one", "two", "three")
    run("use", "one")
    path = find_clip()
    run("remove", "one")
    assert not path.exists() and not card_path(path).exists()
    assert list_clips() == ["three", "two"]
    with pytest.raises(ConfigError, match="none of them is chosen"):
        find_clip()


@pytest.mark.parametrize("command", ["use", "remove"])
def test_only_what_is_listed_can_be_chosen_or_removed(folders, command):
    kept = write_clip(folders, "mine")
    with pytest.raises(ConfigError, match="no such CLIP model"):
        run(command, str(kept))
    with pytest.raises(ConfigError, match="no such CLIP model"):
        run(command, "../../mine")
    assert kept.exists()


def test_a_card_that_cannot_be_read_is_told_in_its_line(folders):
    exported(folders, "one", "two")
    card_path(folders / "data" / "clip" / "two.onnx").write_text("{}")
    text = run("list")
    assert "no card of a CLIP export" in text and " one " in text


def test_a_choice_that_says_nothing_is_named(folders):
    exported(folders, "one")
    (folders / "user").mkdir()
    (folders / "user" / "clip.toml").write_text("model = 3\n")
    with pytest.raises(ConfigError, match=r"clip\.toml"):
        find_clip()
