"""The file of bindings: people's comments stay, learning only adds, mistakes are found with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.midi.binding import Binding
from stream_v2m.midi.binding_file import forget_binding, keep_binding, load_bindings

pytestmark = pytest.mark.unit

WRITTEN = """\
# my controllers

# the big knob
[[binding]]
command = "set_affect_strength"   # leave it
cc = 21
channel = 1
low = 0.2

# left pedal
[[ binding ]]
command = "mute"
cc = 64
mode = "hold"
[binding.arguments]
part = "drums"

# the end
"""
KNOB = Binding(command="set_affect_strength", cc=21, channel=1, low=0.2)
PEDAL = Binding(command="mute", arguments={"part": "drums"}, cc=64, mode="hold")
TAP = Binding(command="tap", note=36, channel=10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "stream-v2m" / "bindings.toml"
    path.parent.mkdir()
    path.write_text(WRITTEN)
    return path


def test_without_a_file_there_are_no_bindings_and_the_first_makes_it(tmp_path: Path):
    path = tmp_path / "not yet" / "there" / "bindings.toml"
    assert load_bindings(path) == []
    assert keep_binding(path, TAP) == []
    assert load_bindings(path) == [TAP]


def test_what_people_write_is_read(path: Path):
    assert load_bindings(path) == [KNOB, PEDAL]


def test_a_learnt_binding_is_added_to_the_end_and_nothing_else_changes(path: Path):
    keep_binding(path, TAP)
    assert path.read_text().startswith(WRITTEN.rstrip())
    assert load_bindings(path) == [KNOB, PEDAL, TAP]


def test_what_a_control_did_before_becomes_a_comment(path: Path):
    other = Binding(command="transpose", cc=21, channel=1)
    assert keep_binding(path, other) == [KNOB]
    assert load_bindings(path) == [PEDAL, other]
    text = path.read_text()
    assert '# command = "set_affect_strength"   # leave it' in text
    assert "# the big knob" in text and "# left pedal" in text


def test_a_binding_with_a_table_of_arguments_is_replaced_whole(path: Path):
    other = Binding(command="tap", cc=64, channel=5)
    assert keep_binding(path, other) == [PEDAL]  # which was of any channel
    assert load_bindings(path) == [KNOB, other]


def test_a_forgotten_binding_is_gone_and_the_comments_stay(path: Path):
    assert forget_binding(path, 1) == PEDAL
    assert load_bindings(path) == [KNOB]
    text = path.read_text()
    assert "drums" not in text
    assert "# left pedal" in text and "# the end" in text


def test_forgetting_what_is_not_there_changes_nothing(path: Path):
    with pytest.raises(ConfigError, match="1 to 2"):
        forget_binding(path, 2)
    assert path.read_text() == WRITTEN


@pytest.mark.parametrize(
    "binding",
    [
        KNOB,
        PEDAL,
        Binding(command="set_tempo", cc=1, low=90.5, high=140, pickup=True, arguments={"when": "bar"}),
        Binding(command="learn", note=1, arguments={"command": "mute", "arguments": {"part": 'a "b" \\ ♭'}}),
        Binding(command="stop", program=0, arguments={"cadence": False}),
    ],
)
def test_what_is_written_is_read_back_as_it_was(tmp_path: Path, binding: Binding):
    keep_binding(tmp_path / "bindings.toml", binding)
    assert load_bindings(tmp_path / "bindings.toml") == [binding]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('command = "tap"', "line 20: binding 3: exactly one of"),
        ('command = "tap"\nnote = 200', "line 20: binding 3: note: .*got 200"),
        ('command = "tap"\nnote = 20\nknob = 3', "line 20: binding 3: knob: no such setting"),
        ('command = "mutt"\nnote = 20', "line 20: binding 3: mutt: no such command"),
        ("command = ", r"is not TOML.*line 21"),
    ],
)
def test_a_mistake_is_found_with_its_line_and_the_file_is_left_as_it_is(path: Path, wrong: str, said: str):
    text = f"{WRITTEN}\n[[binding]]\n{wrong}\n"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_bindings(path)
    with pytest.raises(ConfigError, match=said):
        keep_binding(path, TAP)
    assert path.read_text() == text


def test_what_is_no_file_of_bindings_is_refused(path: Path):
    path.write_text("[controls]\nbpm = 90\n")
    with pytest.raises(ConfigError, match="controls"):
        load_bindings(path)


def test_what_cannot_be_edited_by_machine_is_left_as_it_is(path: Path):
    text = 'binding = [{ command = "tap", note = 36 }]\n'
    path.write_text(text)
    assert load_bindings(path) == [Binding(command="tap", note=36)]
    with pytest.raises(ConfigError):
        keep_binding(path, TAP)
    assert path.read_text() == text


def test_a_folder_that_cannot_be_made_is_an_error_that_says_so(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(PortError, match="cannot be made"):
        keep_binding(tmp_path / "link" / "bindings.toml", TAP)
