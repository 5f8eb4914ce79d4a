"""The doctor: what it makes of what it finds, and what it advises."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from stream_v2m import config
from stream_v2m.cli import doctor
from stream_v2m.cli.doctor import Finding
from stream_v2m.core.errors import ModelContractError, PortError, StreamV2MError

pytestmark = pytest.mark.unit

LOOKS = ("_runtime", "_models", "_styles", "_video", "_cameras", "_midi", "_virtual_port", "_synth", "_realtime")
NEEDED = ("_runtime", "_models", "_styles", "_video")


def raises(error: BaseException) -> Callable[[], str]:
    def look() -> str:
        raise error

    return look


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    for look in LOOKS:
        monkeypatch.setattr(doctor, look, lambda look=look: f"fine {look}")


def text(findings: list[Finding], width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(doctor.table(findings))
    return console.export_text()


@pytest.mark.usefixtures("healthy")
def test_where_everything_works_nothing_is_advised_and_the_exit_code_is_0():
    assert {finding.verdict for finding in doctor.examine()} == {"ok"}
    assert all(finding.cure is None for finding in doctor.examine())
    assert doctor.main() == 0


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("look", LOOKS)
def test_only_what_a_film_needs_to_become_a_file_makes_the_exit_code_1(look: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, look, raises(PortError("is broken", cure="mend it")))
    (finding,) = (finding for finding in doctor.examine() if finding.verdict != "ok")
    assert (finding.text, finding.cure) == ("is broken", "mend it")
    assert finding.verdict == ("fail" if look in NEEDED else "warn")
    assert doctor.main() == int(look in NEEDED)


@pytest.mark.usefixtures("healthy")
def test_an_error_is_told_whole_and_its_cure_apart(monkeypatch: pytest.MonkeyPatch):
    error = ModelContractError("altered", where="amt.onnx", got="1", expected="2", cure="get it again")
    monkeypatch.setattr(doctor, "_models", raises(error))
    finding = doctor.examine()[2]
    assert (finding.text, finding.cure) == ("amt.onnx: altered, got 1, expected 2", "get it again")


@pytest.mark.usefixtures("healthy")
def test_a_library_that_is_missing_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "_video", raises(ModuleNotFoundError("No module named 'av'")))
    finding = next(finding for finding in doctor.examine() if finding.verdict == "fail")
    assert finding.text == "No module named 'av'"
    assert finding.cure is not None
    assert "pip install" in finding.cure


@pytest.mark.usefixtures("healthy")
def test_a_bug_of_ours_is_not_taken_for_a_fault_of_the_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "_midi", raises(KeyError("oops")))
    with pytest.raises(KeyError):
        doctor.examine()


def test_the_table_keeps_to_80_columns_and_puts_the_cure_below():
    findings = [
        Finding("one", "ok", "works"),
        Finding("two", "warn", "word " * 40, "do this"),
        Finding("three", "fail", "broken", "do that"),
    ]
    lines = text(findings).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["✓", "one", "works"]
    assert [line.split() for line in lines[-3:]] == [["→", "do", "this"], ["✗", "three", "broken"], ["→", "do", "that"]]


def test_no_styles_at_all_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(config, "style_folders", lambda: (tmp_path, tmp_path))
    with pytest.raises(StreamV2MError, match="no styles"):
        doctor._styles()
