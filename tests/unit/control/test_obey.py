"""Commands in a visitor's name."""

import pytest

from stream_v2m.control.faults import LONGEST, Fault, described
from stream_v2m.control.obey import Obey
from stream_v2m.core.commands.arrangement import SetStyle
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.harmony import Hold
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit


def obey(*, allow_quit: bool = True, refuse: bool = False) -> tuple[Obey, list[Command]]:
    given: list[Command] = []

    def command(each: Command) -> None:
        if refuse:
            raise ConfigError("the clock leads", where="tempo.sync")
        given.append(each)

    return Obey(command, styles=["techno"], allow_quit=allow_quit), given


def status(name: str, arguments: dict, **options) -> int:
    visitor, given = obey(**options)
    try:
        visitor(name, arguments)
    except Fault as fault:
        assert given == []
        return fault.status
    assert len(given) == 1
    return 200


def test_a_command_reaches_the_performance():
    visitor, given = obey()
    visitor("hold", {"on": True, "when": "bar"})
    visitor("set_style", {"style": "techno"})
    assert given == [Hold(on=True, when="bar"), SetStyle(style="techno")]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("explode", {}, 404),
        ("hold", {}, 400),
        ("hold", {"on": "perhaps"}, 400),
        ("hold", {"on": True, "extra": 1}, 400),
        ("set_tempo", {"bpm": 10**30}, 400),
        ("lock_key", {"key": "H minor"}, 400),
    ],
)
def test_what_is_no_command_is_refused(name, arguments, expected):
    assert status(name, arguments) == expected


def test_what_the_performance_refuses_is_a_conflict():
    assert status("set_tempo", {"bpm": 100}, refuse=True) == 409


@pytest.mark.parametrize("style", ["/etc/passwd.toml", "../techno", "techno.toml", "none", "a\x00b"])
def test_a_visitor_may_choose_a_style_and_no_file(style):
    assert status("set_style", {"style": style}) == 400
    assert status("learn", {"command": "set_style", "arguments": {"style": style}}) == 400


def test_quit_may_be_forbidden_and_cannot_be_learnt_then():
    assert status("quit", {}) == 200
    assert status("quit", {}, allow_quit=False) == 403
    assert status("learn", {"command": "quit"}, allow_quit=False) == 403
    assert "quit" not in obey(allow_quit=False)[0].names


def test_an_error_is_told_whole_but_not_at_any_length():
    told = described(ConfigError("wrong", where="here", got="x" * 10_000, expected="less", cure="shorten it"))
    assert list(told) == ["what", "where", "got", "expected", "cure"]
    assert len(told["got"] or "") == LONGEST
