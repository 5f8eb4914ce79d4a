from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from stream_v2m.cli.bench.command import parse_size
from stream_v2m.cli.bench.figures import PATHS, STAGES, Counts, Figures, ProcessUse, Summary
from stream_v2m.cli.bench.matching import Score
from stream_v2m.cli.bench.record import Span
from stream_v2m.cli.bench.report import changes, read_report
from stream_v2m.cli.bench.run import Look, Run, Task
from stream_v2m.cli.bench.table import head, markdown
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit


def report(p50: float = 2.0, sessions: int = 1, missing: str = "", stolen: float | None = None) -> dict:
    summary = asdict(Summary(10, p50, 4.0, 5.0))

    def some(rows):
        return {row.name: None if row.name == missing else summary for row in rows}

    counts = Counts(0.5, 900, 890, 30, 1000, 999, Score(8, 6, 1), Score(2, 2, 0), Score(10, 8, 0))
    uses = tuple(
        ProcessUse(kind, 1, 10.0, 10.0, 100.0, 100.0, 50.0, 50.0) for kind in ("peer", "performance", "player")
    )
    run = asdict(Figures(sessions, 30.0, True, stolen, some(STAGES), some(PATHS), counts, uses))
    run["counts"] |= {"recall": counts.recall, "false_a_minute": counts.false_a_minute}
    film = {"size": [1280, 720], "rate_hz": 30.0, "codec": "libx264"}
    return {"film": film, "machine": {"cores": 2, "load": 0.1}, "wire": "a wire", "runs": [run]}


def test_percentiles_are_values_that_occurred_by_nearest_rank():
    hundred = np.arange(1, 101) / 1000
    assert Summary.of(hundred[::-1]) == Summary(100, 50.0, 99.0, 100.0)
    assert Summary.of(np.array([0.002])) == Summary(1, 2.0, 2.0, 2.0)
    assert Summary.of(np.array([-0.05, 0.01])) == Summary(2, -50.0, 10.0, 10.0)


def test_nothing_measured_is_no_figure_rather_than_nought():
    assert Summary.of(np.array([])) is None


def test_recall_and_false_cuts_a_minute_are_of_cuts_alone():
    counts = Counts(0.5, 0, 0, 0, 0, 0, Score(8, 6, 3), Score(9, 0, 9), Score(0, 0, 0))
    assert counts.recall == 0.75
    assert counts.false_a_minute == 6.0
    assert Counts(0.5, 0, 0, 0, 0, 0, Score(0, 0, 0), Score(1, 1, 0), Score(0, 0, 0)).recall is None


def test_an_older_report_is_compared_figure_by_figure_among_runs_of_as_many_sessions():
    found = {change.name: change for change in changes(report(p50=2.0), report(p50=1.0))}
    assert found["vision p50"].ratio == 0.5
    assert found["vision p99"].ratio == 1.0
    assert found["player MB"].ratio == 1.0
    assert found["recall of cuts"].ratio == 1.0
    assert changes(report(sessions=4), report(sessions=1)) == []


def test_a_figure_that_one_report_lacks_is_left_out_and_none_is_divided_by_nought():
    names = {change.name for change in changes(report(missing="AMT"), report())}
    assert "AMT p50" not in names and "GRU p50" in names
    (change,) = [each for each in changes(report(p50=0.0), report()) if each.name == "wire p50"]
    assert change.ratio is None


def test_the_documentations_table_has_a_row_for_every_stage_and_path_and_columns_for_every_run():
    text = markdown({**report(missing="GRU"), "runs": [*report(missing="GRU")["runs"], *report(sessions=4)["runs"]]})
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in text.splitlines() if line.startswith("| ")}
    assert {row.name for row in (*STAGES, *PATHS)} <= set(lines)
    assert lines["ms"].count("p99") == 2
    assert lines["wire"].endswith("| 2.00 | 4.00 | 5.00 | 2.00 | 4.00 | 5.00 |")
    assert lines["GRU"].endswith("| – | – | – | 2.00 | 4.00 | 5.00 |")
    assert lines["cuts"].startswith("| cuts | 6 of 8 found (75 %), 2.00 false a minute |")


@pytest.mark.parametrize("text", ["321x180", "320", "x", "320x", "99999x2", "2x2"])
def test_a_size_that_no_film_of_h264_can_have_is_refused(text: str):
    assert parse_size("1280x720") == (1280, 720)
    with pytest.raises(ConfigError, match="--size: no such size"):
        parse_size(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 0}'])
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, text: str):
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(ConfigError, match=r"old\.json"):
        read_report(tmp_path / "old.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_report(tmp_path / "none.json")


def test_the_head_says_how_much_of_the_machine_the_host_took_in_each_run_where_the_system_tells():
    told = report(stolen=4.2)
    told["runs"].append(report(sessions=4, stolen=0.0)["runs"][0])
    assert "2 cores, of which the host took 4.2, 0 % for others" in head(told)
    assert "| taken by the host for others | 4.2 % of all cores | 0.0 % of all cores |" in markdown(told)
    assert "host" not in head(report())
    assert "| taken by the host for others | – |" in markdown(report())


def test_what_the_host_took_is_a_share_of_all_cores_during_the_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    def stolen(*seconds: float | None) -> float | None:
        looks = tuple(Look(at, each, {}, {}) for at, each in enumerate(seconds))
        return Run(Task(2.0), Span(0.0, 2.0), True, (), looks).stolen_percent(Span(0.0, 2.0))

    assert stolen(7.0, 7.1, 7.2) == 5.0
    assert stolen(None, None, None) is None
