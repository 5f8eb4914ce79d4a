"""A performance that is served, from the command line to a visitor and back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

PLAY = [sys.executable, "-m", "stream_v2m.cli.main", "play", "film:", "--quiet"]


def ask(url: str, body: bytes | None = None) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_visitor_sees_the_performance_steers_it_and_ends_it(tmp_path: Path):
    midi = tmp_path / "served.mid"
    command = [*PLAY, "--to", f"file:{midi}", "--serve", "0", "--seconds", "60"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as playing:
        assert playing.stdout is not None
        try:
            told = playing.stdout.readline()
            (url,) = re.findall(r"http://127\.0\.0\.1:\d+", told)
            status, answer = ask(f"{url}/api/v1/state")
            assert (status, answer["state"]["source"]["name"]) == (200, "film:")
            assert ask(f"{url}/api/v1/commands/transpose", b'{"semitones": 5}') == (200, {"ok": True})
            assert ask(f"{url}/api/v1/state")[1]["state"]["controls"]["transpose"] == 5
            assert ask(f"{url}/api/v1/commands/set_tempo", b'{"bpm": 1000}')[0] == 400
            taken = subprocess.run([*PLAY, "--serve", url[7:], "--to", f"file:{midi}2"], capture_output=True, text=True)
            assert taken.returncode == 1
            assert taken.stderr.startswith("stream-v2m: 127.0.0.1:")
            assert "--port" in taken.stderr and taken.stderr.count("\n") == 1
            assert ask(f"{url}/api/v1/commands/quit", b'{"cadence": false}') == (200, {"ok": True})
            assert playing.wait(30) == 0
        finally:
            playing.kill()
    assert midi.read_bytes().startswith(b"MThd")
