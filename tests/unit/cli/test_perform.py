"""What a user knows of ``play`` holds for ``serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from stream_v2m.cli.main import app
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def options(command: str) -> dict[str, tuple[Any, ...]]:
    """Every option of a command by its name, with what it says of itself."""
    found = [one for one in COMMANDS[command].params if one.param_type_name == "option"]
    return {max(one.opts, key=len): (one.opts, one.help, one.metavar, one.nargs, one.default) for one in found}


@pytest.fixture
def performed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """The performances that were asked for, none of which takes place."""
    asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    monkeypatch.setattr("stream_v2m.cli.run.play", lambda *given, **how: asked.append((given, how)))
    monkeypatch.setattr("stream_v2m.config.user_files", list)
    return asked


def test_both_have_the_same_options_but_for_where_to_serve():
    play, serve = options("play"), options("serve")
    assert play.keys() - serve.keys() == {"--serve"}
    assert serve.keys() - play.keys() == {"--host", "--port"}
    for name in play.keys() & serve.keys():
        assert play[name] == serve[name]


def test_what_is_rendered_can_be_played_and_served():
    assert options("render").keys() - options("serve").keys() == {"--wav"}


def test_every_option_of_a_performance_does_the_same_in_both(performed: list[Any], tmp_path: Path):
    given = [
        *("--to", "synth", "--to", f"file:{tmp_path}/a.mid", "--seconds", "8", "--style", "ballad", "--key", "D minor"),
        *("--bpm", "91", "--seed", "5", "--plot", f"{tmp_path}/a.png", "--affect", "clip:b", "--provider", "cpu"),
        *("--strict-provider", "--control", "port:knobs", "--control", "virtual:keys", "--sync", "link", "--patient"),
        *("--keep", "--take", "gig", "--mqtt", "broker", "--mqtt-name", "stage", "--mqtt-discovery", "--quiet"),
        *("--osc-to", "127.0.0.1:9000", "--osc-listen", "9001", "--log", "text", "--log-json"),
        *("--set", "step.period_beats=4", "--token", "correct-horse", "--tls-self-signed"),
    ]
    missing = options("play").keys() - set(given) - {"--serve", "--tls", "--config", "--help"}
    assert missing == set()
    for command in (["play", "film:", "--serve", "0"], ["serve", "film:", "--port", "0"]):
        done = CliRunner().invoke(app, [*command, *given])
        assert done.exit_code == 0, (done.output, done.exception)
    played, served = performed
    assert played == served
    (config, sources, destinations), how = played
    assert list(sources) == ["film:"]
    assert (destinations.ports, destinations.file) == (("synth",), tmp_path / "a.mid")
    assert (how["seconds"], how["plot"], how["take"]) == (8, tmp_path / "a.png", "gig")
    assert how["quiet"] and how["json"] and how["keep"] and how["serve"]
    controls = config.controls
    assert (controls.style, str(controls.key), controls.bpm, controls.seed) == ("ballad", "D minor", 91, 5)
    assert (config.affect.estimator, config.models.provider, config.models.strict_provider) == ("clip:b", "cpu", True)
    assert (list(config.control.inputs), config.tempo.sync) == (["port:knobs", "virtual:keys"], "link")
    assert config.source.patient and config.step.period_beats == 4
    assert (config.mqtt.broker.host, config.mqtt.name, config.mqtt.discovery) == ("broker", "stage", True)
    assert ([place.port for place in config.osc.to], config.osc.listen.port) == ([9000], 9001)
    assert config.log.form == "text"
    assert config.serve.token.get_secret_value() == "correct-horse"
    assert (config.serve.port, config.serve.tls_self_signed) == (0, True)


def test_nothing_given_is_the_configuration_as_it_is(performed: list[Any]):
    from stream_v2m.config import Config

    assert CliRunner().invoke(app, ["play", "film:"]).exit_code == 0
    assert CliRunner().invoke(app, ["serve"]).exit_code == 0
    (played, played_how), (served, served_how) = performed
    assert played[0] == served[0] == Config.load([], [])
    assert (list(played[1]), list(served[1])) == (["film:"], ["film=film:seconds=21600", "webrtc:"])
    assert (played_how.pop("serve"), served_how.pop("serve")) == (False, True)
    assert played_how == served_how
    assert not played_how["keep"]


@pytest.mark.parametrize("given", [["--token", "correct-horse"], ["--tls", "c.pem", "k.pem"], ["--tls-self-signed"]])
def test_what_protects_visitors_is_refused_where_there_are_none(performed: list[Any], given: list[str]):
    done = CliRunner().invoke(app, ["play", "film:", *given])
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == f"{given[0]}: is for visitors, and nothing is served; add --serve [HOST:]PORT"
    assert performed == []
