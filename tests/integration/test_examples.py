"""The examples run, beside a performance as a user would start it, and so do metrics, health and readiness."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.mosquitto import HOST, free_port, mosquitto

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[2] / "examples"


@contextmanager
def running(*command: str):
    """A program; its lines are read as they come."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def until_it_answers(port: int, path: str, status: int) -> str:
    """The body, once ``path`` answers so."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            code, body = get(port, path)
        except OSError:
            code, body = 0, ""
        if code == status:
            return body
        time.sleep(0.1)
    raise AssertionError(f"{path}: {code} {body}")


def test_the_examples_follow_and_steer_a_performance_that_is_watched_over(tmp_path):
    osc, web = free_port(), free_port()
    with (
        mosquitto(tmp_path) as broker,
        running(str(EXAMPLES / "osc_listener.py"), str(osc)) as listener,
        running(
            *("-m", "stream_v2m.cli.main", "play", "film:", "--to", f"file:{tmp_path / 'a.mid'}", "--quiet"),
            *("--osc-to", f"{HOST}:{osc}", "--mqtt", f"{HOST}:{broker.port}", "--serve", str(web)),
        ),
    ):
        heard = ""
        while "chord: " not in heard or not re.search(r"^  bass ", heard, re.MULTILINE):
            heard += listener.stdout.readline()
        assert json.loads(until_it_answers(web, "/ready", 200)) == {"status": "ready", "reasons": []}
        assert json.loads(until_it_answers(web, "/health", 200)) == {"status": "ok", "reasons": []}
        example = [sys.executable, str(EXAMPLES / "mqtt_style_by_time.py"), f"{HOST}:{broker.port}", "--once"]
        turned = subprocess.run(example, capture_output=True, text=True, timeout=20, check=True)
        assert turned.stdout.rstrip().endswith(": done")
        _, metrics = get(web, "/metrics")
        assert 'stream_v2m_commands_total{command="set_style"} 1.0' in metrics
        assert "stream_v2m_mqtt_connected 1.0" in metrics


def test_the_unit_and_the_container_say_what_the_command_line_knows():
    options = subprocess.run(
        [sys.executable, "-m", "stream_v2m.cli.main", "play", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    ).stdout
    unit = (EXAMPLES / "stream-v2m.service").read_text()
    (start,) = re.findall(r"^ExecStart=(.*(?:\\\n.*)*)", unit, re.MULTILINE)
    for option in re.findall(r" (--[a-z-]+)", start):
        assert option in options
