import pytest

from stream_v2m.core.errors import ConfigError
from stream_v2m.core.resources import configs_folder
from stream_v2m.music.style import list_styles, load_style

pytestmark = pytest.mark.unit

STYLES = configs_folder() / "styles"

GOOD = """\
description = "two parts"

[[parts]]
name = "bass"
role = "bass"
channel = 1
program = 35
low = 28
high = 45
density = [[0, 1]]
figures = [
  "1 | 5",
  # a comment with "quotes"
  "1 3 | 5 a",
]

[[parts]]
name = "pad"
role = "pad"
channel = 2
program = 88
low = 48
high = 71
density = [[0, 0], [4, 4]]
"""


def refused(tmp_path, text):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_style("mine", tmp_path)
    return caught.value


def test_a_style_loads_by_name_or_by_path(tmp_path):
    (tmp_path / "mine.toml").write_text(GOOD)
    style = load_style("mine", tmp_path)
    assert style == load_style(str(tmp_path / "mine.toml"), STYLES)
    assert (style.name, style.part_names, style.channel("pad")) == ("mine", ("bass", "pad"), 2)
    assert list_styles(tmp_path) == ["mine"]


def test_every_shipped_style_loads_and_the_default_is_among_them():
    assert "arpeggio" in list_styles(STYLES)
    for name in list_styles(STYLES):
        assert load_style(name, STYLES).name == name


@pytest.mark.parametrize("asked", range(2, 23))
def test_the_default_styles_parts_add_up_to_the_density_asked_for(asked):
    style = load_style("arpeggio", STYLES)
    assert sum(part.share(asked) for part in style.parts if part.density) == pytest.approx(asked, abs=1.0)


def test_a_share_is_linear_between_its_points_and_level_beyond(tmp_path):
    (tmp_path / "mine.toml").write_text(GOOD.replace("[[0, 0], [4, 4]]", "[[2, 1], [4, 4]]"))
    pad = load_style("mine", tmp_path).parts[1]
    assert [pad.share(asked) for asked in (0, 2, 3, 4, 9)] == [1, 1, 2.5, 4, 4]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("program = 88", "program = 128", 21, ("parts.2.program", "got 128", "less than or equal to 127")),
        ("channel = 2", "channel = 1", 20, ("parts.2.channel", "got 1", "'bass'")),
        ('name = "pad"', 'name = "bass"', 18, ("parts.2.name", "got 'bass'")),
        ("high = 71", "high = 50", 23, ("parts.2.high", "got 50", "octave above low")),
        ("[[0, 0], [4, 4]]", "[[0, 4], [4, 0]]", 24, ("parts.2.density", "never fall")),
        ('"1 3 | 5 a"', '"1 3 | 5 x"', 14, ("parts.1.figures.2", "'x'")),
        ('"1 3 | 5 a"', '"1 2 | 5 a"', 14, ("parts.1.figures.2", "got 2", "a, 1, 3, 5, 7, 8")),
        ("low = 48", "lowest = 48", 17, ("parts.2.low", "is missing")),
        ("low = 48", "low = 48\nlowest = 48", 23, ("parts.2.lowest", "no such setting")),
        ('role = "pad"', 'role = "pads"', 19, ("parts.2.role", "got 'pads'", "'arpeggio'")),
        ('description = "two parts"', "titel = 3", 1, ("titel", "no such setting")),
    ],
)
def test_a_refused_value_is_named_with_file_line_key_and_what_was_expected(tmp_path, old, new, line, says):
    error = refused(tmp_path, GOOD.replace(old, new))
    assert error.where == f"{tmp_path / 'mine.toml'}:{line}"
    for words in says:
        assert words in str(error)


def test_broken_toml_is_named_with_its_line(tmp_path):
    assert "line 6" in str(refused(tmp_path, GOOD.replace("channel = 1", "channel = = 1")))


def test_an_unknown_style_is_answered_with_those_that_are_there():
    with pytest.raises(ConfigError, match=r"nosuch: no such style, expected one of .*arpeggio"):
        load_style("nosuch", STYLES)
