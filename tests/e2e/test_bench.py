"""``stream-v2m bench`` as a user runs it, short: every figure is there, however large it is here."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stream_v2m.cli.bench.figures import PATHS, STAGES
from tests.support.jack import jack_server

pytestmark = pytest.mark.e2e

SECONDS, RATE_HZ = 4, 15
BENCH = [sys.executable, "-m", "stream_v2m.cli.main", "bench", "--seconds", str(SECONDS), "--size", "320x180"]
PATIENT = ["-s", "player.stale_ms=5000", "--rate", str(RATE_HZ)]  # on a busy machine nothing is too late to be played


def bench(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [*BENCH, *PATIENT, *arguments], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_short_run_under_jack_yields_every_figure_a_picture_and_ratios(tmp_path: Path):
    report, picture = tmp_path / "report.json", tmp_path / "bench.png"
    with jack_server():
        bench("--json", str(report), "--plot", str(picture))
    found = json.loads(report.read_text(encoding="utf-8"))
    assert "jack" in found["wire"]
    assert found["film"] == {"size": [320, 180], "rate_hz": RATE_HZ, "codec": "libx264"}
    (run,) = found["runs"]
    assert set(run["stages"]) == {row.name for row in STAGES}
    assert set(run["paths"]) == {row.name for row in PATHS}
    for name, summary in {**run["stages"], **run["paths"]}.items():
        assert summary is not None, f"nothing measured for {name}"
        figures = [summary[part] for part in ("p50_ms", "p99_ms", "max_ms")]
        assert summary["count"] > 0 and all(map(math.isfinite, figures)), name
        assert figures == sorted(figures), name
    counts = run["counts"]
    assert counts["pictures"] == SECONDS * RATE_HZ
    assert 0 < counts["seen"] <= counts["pictures"]
    assert 0 < counts["heard"] <= counts["messages"]
    assert counts["cuts"]["known"] >= 1
    assert 0 < counts["accents"]["found"] <= counts["accents"]["known"]
    assert {use["name"]: use["count"] for use in run["processes"]} == {"peer": 1, "performance": 1, "player": 1}
    assert all(use["cpu_percent"] > 0 and use["rss_mb"] > use["own_mb"] > 0 for use in run["processes"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_where_no_midi_is_two_performances_are_heard_by_a_loopback_which_is_said(tmp_path: Path):
    nowhere = {"PATH": str(tmp_path), "JACK_DEFAULT_SERVER": "there-is-none"}
    told = bench("--sessions", "2", "--markdown", **nowhere)
    assert "wire: a loopback of this machine" in told
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in told.splitlines() if line.startswith("| ")}
    assert "–" not in lines["wire"] and "–" not in lines["deadline → wire"]
    heard, messages = map(int, lines["messages"].split(" | ")[1].split(" arrived")[0].split(" of "))
    assert 0 < heard <= messages
