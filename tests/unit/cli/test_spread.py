"""A command takes a dataclass of options, and the command line sees each of them."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from stream_v2m.cli.spread import spread

pytestmark = pytest.mark.unit


@dataclass(frozen=True, kw_only=True)
class Colours:
    sky: Annotated[str, typer.Option("--sky")] = "blue"
    grass: Annotated[list[str] | None, typer.Option("--grass")] = None


@pytest.fixture
def painted() -> tuple[typer.Typer, list[Any]]:
    app, seen = typer.Typer(), []

    @app.command()
    @spread
    def paint(
        what: Annotated[str, typer.Argument()],
        *,
        colours: Colours,
        size: Annotated[int, typer.Option("--size")] = 3,
    ) -> None:
        """Paint it."""
        seen.append((what, colours, size))

    return app, seen


def test_a_group_comes_whole_with_what_was_given_and_its_defaults(painted: tuple[typer.Typer, list[Any]]):
    app, seen = painted
    done = CliRunner().invoke(app, ["a field", "--grass", "green", "--grass", "brown", "--size", "5"])
    assert done.exit_code == 0, done.output
    assert seen == [("a field", Colours(sky="blue", grass=["green", "brown"]), 5)]


def test_the_help_is_the_commands_own_and_names_every_option(painted: tuple[typer.Typer, list[Any]]):
    told = CliRunner().invoke(painted[0], ["--help"]).output
    assert "Paint it." in told
    assert told.index("--sky") < told.index("--grass") < told.index("--size")
    assert "colours" not in told
