"""The style commands: what they list, warn of and refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream_v2m.cli.main import app
from stream_v2m.cli.programs import PROGRAMS, SLOW
from stream_v2m.cli.style import FILM, audition_config, given, warnings
from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.core.resources import configs_folder
from stream_v2m.midi import port
from stream_v2m.music.style import list_styles, load_style
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig

pytestmark = pytest.mark.unit

NAMES = list_styles(configs_folder() / "styles")

PAIR = """\
[[parts]]
name = "pad"
role = "pad"
channel = 1
program = 88
low = 48
high = 71
density = [[0, 0], [4, 4]]

[[parts]]
name = "keys"
role = "arpeggio"
channel = 2
program = 4
low = 60
high = 84
density = [[0, 0], [4, 0], [26, 22]]
figures = ["1+3+5+7! 2+4+6 3+5 4+6 | 1+3+5+7 2+4+6 3+5 4+6"]

[[parts]]
name = "kit"
role = "drums"
density = [[0, 0], [26, 8]]
figures = ["k h h h | s h h h"]

[[parts]]
name = "crash"
role = "accent"
kit = true
figures = ["x"]
"""


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["style", *arguments])
    return done.exit_code, done.output


def written(tmp_path: Path, text: str = PAIR) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_list_has_every_style_with_tempo_parts_and_description():
    code, text = run("list")
    assert code == 0
    for name in NAMES:
        style = load_style(name, configs_folder() / "styles")
        line = next(line for line in text.splitlines() if line.startswith(f"{name} "))
        assert f"{style.bpm or 120:g}" in line.split()
        assert all(part in text for part in style.part_names)
        assert style.description.split(",")[0][:20] in line


def test_a_good_style_is_checked_with_its_parts_sounds_and_sums(tmp_path):
    code, text = run("check", written(tmp_path))
    assert code == 0
    assert "ok  mine" in text
    assert "88 new age pad" in text
    assert "look" not in text
    assert next(line for line in text.splitlines() if line.startswith("sum")).split()[-4:] == [
        "4.0",
        "8.0",
        "16.0",
        "24.0",
    ]


def test_a_wrong_style_is_named_by_file_and_line_and_the_others_are_still_checked(tmp_path):
    wrong = written(tmp_path, PAIR.replace("low = 48", "low = 480"))
    code, text = run("check", wrong, "arpeggio")
    assert code == 1
    assert f"{wrong}:6: parts.1.low" in text
    assert "ok  arpeggio" in text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[26, 22]", "[26, 12]", "the parts give 16.0 notes a second where 26 are asked for"),
        ('role = "accent"\nkit = true\nfigures = ["x"]', 'role = "drums"\ndensity=[[0, 1]]\nfigures = ["x"]', "cuts"),
        ("kit = true", "kit = true\nvolume = 80", "kit and crash share channel 10, so that the volume of crash"),
        ('["1+3+5+7! 2+4+6 3+5 4+6 |', '["1 3 |', "its densest figure holds"),
        ("program = 4", "program = 48", "string ensemble 1 (48) mostly speaks too late"),
    ],
)
def test_what_may_not_be_meant_so_is_told(tmp_path, old, new, says):
    assert old in PAIR
    told = warnings(load_style(written(tmp_path, PAIR.replace(old, new)), tmp_path))
    assert any(says in each for each in told), told


def test_two_parts_of_one_role_in_one_register_are_told_where_they_sound(tmp_path):
    second = PAIR.split("[[parts]]")[1].replace('"pad"\nrole', '"choir"\nrole').replace("channel = 1", "channel = 3")
    text = f"{PAIR}\n[[parts]]{second}"
    assert any("same register, 48–71" in each for each in warnings(load_style(written(tmp_path, text), tmp_path)))
    apart = text.replace("program = 88\nlow", "program = 88\noctave = 2\nlow", 1)
    assert not any("same register" in each for each in warnings(load_style(written(tmp_path, apart), tmp_path)))


def test_drums_come_on_top_of_the_density(tmp_path):
    assert given(load_style(written(tmp_path), tmp_path), 26) == 26


def test_general_midi_has_128_programs_by_name():
    assert len(PROGRAMS) == len(set(PROGRAMS)) == 128
    assert (PROGRAMS[0], PROGRAMS[40], PROGRAMS[73], PROGRAMS[127]) == ("grand piano", "violin", "flute", "gunshot")
    assert max(SLOW) < 128


def test_the_audition_takes_the_styles_tempo_unless_another_is_asked_for():
    assert audition_config("lofi").controls.bpm == 78
    assert audition_config("lofi", 90).controls.bpm == 90
    assert audition_config("lofi").controls.style == "lofi"
    with pytest.raises(ConfigError, match="no such style"):
        audition_config("nosuch")


def test_the_auditions_film_goes_from_quiet_to_dense_over_cuts_to_stillness():
    film = open_source(FILM.format(seconds=20.0), SourceConfig())
    assert isinstance(film, Film)
    shots = film.scenario.shots
    assert len(shots) == 4 and film.scenario.cut_times == tuple(shot.start for shot in shots[1:])
    motion = [shot.mood.motion for shot in shots]
    assert motion[0] < motion[1] < motion[2] and motion[3] == 0


def test_without_a_synthesizer_the_audition_says_what_else_there_is(monkeypatch):
    def deaf(spec: str) -> None:
        raise PortError("no sound card answers", where=spec)

    monkeypatch.setattr(port, "open_output", deaf)
    done = CliRunner().invoke(app, ["style", "audition", "lofi"])
    assert isinstance(done.exception, PortError)
    assert "--wav" in str(done.exception) and "no sound card answers" in str(done.exception)
