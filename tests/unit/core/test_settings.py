"""Configuration: who wins, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.config import Settings
from stream_v2m.core.controls import Controls
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit


class Inner(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    depth: int = 0
    names: tuple[str, ...] = ()


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    speed: float = Field(1.0, gt=0)
    label: str = "none"
    on: bool = False
    inner: Inner = Inner()


class Whole(Settings):
    one: Section = Section()
    two: Section = Section()
    controls: Controls = Controls()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "preset.toml"
    path.write_text('[one]\nspeed = 2\nlabel = "file"\n[one.inner]\ndepth = 2\n', encoding="utf-8")
    return path


def refusal(files: list[Path] | None = None, assignments: list[str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        Whole.load(files or [], assignments or [])
    return str(caught.value)


def test_without_anything_the_defaults_hold():
    assert Whole.load() == Whole()


def test_a_file_sets_what_it_names_and_leaves_the_rest(file: Path):
    settings = Whole.load([file])
    assert settings.one == Section(speed=2, label="file", inner=Inner(depth=2))
    assert settings.two == Section()


def test_of_two_files_the_later_wins_key_by_key(file: Path, tmp_path: Path):
    later = tmp_path / "later.toml"
    later.write_text('[one]\nlabel = "later"\n[one.inner]\nnames = ["a"]\n', encoding="utf-8")
    assert Whole.load([file, later]).one == Section(speed=2, label="later", inner=Inner(depth=2, names=("a",)))
    assert Whole.load([later, file]).one.label == "file"


def test_files_yield_to_the_environment_and_the_environment_to_the_command_line(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STREAM_V2M_ONE__LABEL", "environment")
    monkeypatch.setenv("STREAM_V2M_ONE__INNER__DEPTH", "3")
    settings = Whole.load([file], ["one.inner.depth=4"])
    assert settings.one == Section(speed=2, label="environment", inner=Inner(depth=4))


def test_settings_made_directly_do_not_listen_to_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STREAM_V2M_ONE__LABEL", "environment")
    assert Whole() == Whole(one=Section())
    assert Whole().one.label == "none"


def test_what_is_loaded_is_of_the_class_itself_and_frozen():
    settings = Whole.load([], ["one.on=true"])
    assert type(settings) is Whole
    with pytest.raises(ValueError, match="frozen"):
        settings.one = Section()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("assignment", "section"),
    [
        ("one.speed=3", Section(speed=3)),
        ("one.speed = 0.5", Section(speed=0.5)),
        ("one.on=true", Section(on=True)),
        ("one.label=plain words", Section(label="plain words")),
        ("one.label='quoted'", Section(label="quoted")),
        ("one.label=a=b", Section(label="a=b")),
        ("one.label=", Section(label="")),
        ("one.label=rtsp://host/path#part", Section(label="rtsp://host/path#part")),
        ('one.inner={depth = 5, names = ["x", "y"]}', Section(inner=Inner(depth=5, names=("x", "y")))),
    ],
)
def test_a_value_is_written_as_in_toml_and_else_is_a_string(assignment: str, section: Section):
    assert Whole.load([], [assignment]).one == section


def test_of_two_assignments_to_one_key_the_later_wins():
    assert Whole.load([], ["one.speed=3", "one.speed=4"]).one.speed == 4
    assert Whole.load([], ["one.inner.depth=3", "one.inner.names=['a']"]).one.inner == Inner(depth=3, names=("a",))


def test_the_first_controls_come_from_the_configuration_and_are_checked():
    controls = Whole.load([], ["controls.key=Eb minor", "controls.muted=['drums']"]).controls
    assert (str(controls.key), controls.muted) == ("Eb minor", frozenset({"drums"}))
    assert "controls.key" in refusal([], ["controls.key=H dur"])
    assert "controls.temperature" in refusal([], ["controls.temperature=9"])
    assert "no such setting" in refusal([], ["controls.tempo=100"])


def test_an_unknown_key_in_a_file_is_refused_by_name_and_file(tmp_path: Path):
    path = tmp_path / "typo.toml"
    path.write_text("[one]\nsped = 3\n", encoding="utf-8")
    text = refusal([path])
    assert text.startswith(f"{path}: one.sped: no such setting, got 3")
    assert "`stream-v2m config` prints every setting" in text


def test_an_unknown_section_in_a_file_is_refused(tmp_path: Path):
    path = tmp_path / "typo.toml"
    path.write_text("[three]\nspeed = 3\n", encoding="utf-8")
    assert "three: no such setting" in refusal([path])


@pytest.mark.parametrize("assignment", ["one.sped=1", "three.speed=1", "one.inner.width=1", "speed=1"])
def test_an_unknown_key_on_the_command_line_is_refused(assignment: str):
    text = refusal([], [assignment])
    assert text.startswith(f"command line: {assignment.partition('=')[0].split('.speed')[0]}")
    assert "no such setting" in text


@pytest.mark.parametrize(
    "name", ["STREAM_V2M_ONE__SPED", "STREAM_V2M_THREE__SPEED", "STREAM_V2M_SPEED", "stream_v2m_x"]
)
def test_an_unknown_key_in_the_environment_is_refused(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, "1")
    assert "no such setting" in refusal()


def test_a_refused_value_names_its_origin_among_several(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STREAM_V2M_ONE__SPEED", "-2")
    assert refusal([file]).startswith("environment: one.speed: input should be greater than 0")
    assert refusal([file], ["one.speed=-3"]).startswith("command line: one.speed: input should be greater than 0")
    monkeypatch.setenv("STREAM_V2M_ONE__SPEED", "2")
    assert refusal([file], ["two.on=maybe"]).startswith("command line: two.on: ")


def test_a_value_where_a_section_belongs_is_refused_and_not_a_crash():
    assert "one" in refusal([], ["one=3"])
    assert "one.speed" in refusal([], ["one.speed=3", "one.speed.deeper=4"])


@pytest.mark.parametrize("assignment", ["one.speed", "=3", " =3", ""])
def test_what_is_no_assignment_is_refused(assignment: str):
    assert "is no assignment, expected section.key=value" in refusal([], [assignment])


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    assert "cannot be read (No such file or directory)" in refusal([tmp_path / "none.toml"])
    assert "cannot be read" in refusal([tmp_path])


@pytest.mark.parametrize("content", [b"[one\n", b"one = \xff\n", b"[one]\nspeed = 1\nspeed = 2\n"])
def test_a_file_that_is_no_toml_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    assert f"{path}: is not TOML" in refusal([path])
