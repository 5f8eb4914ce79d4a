"""Calibration by real parts: a screen that a browser lets flash and FFmpeg films, a synthesizer that JACK lets hear."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from stream_v2m.midi.synth import available
from tests.support.browser import chromium
from tests.support.jack import jack_server
from tests.support.require import require
from tests.support.screen import screen

pytestmark = [pytest.mark.integration, pytest.mark.alone]

WIDTH, HEIGHT = 320, 240
PATIENCE = 90.0  # seconds that a busy machine may take


@contextmanager
def calibrate(*arguments: str, home: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command as a user of ``home`` does."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("STREAM_V2M_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "stream_v2m.cli.main", "calibrate", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=own | {"XDG_CONFIG_HOME": str(home), "BROWSER": "true", "COLUMNS": "200"} | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def kept(home: Path) -> Any:
    return tomllib.loads((home / "stream-v2m" / "calibration.toml").read_text())


def address(said: IO[str] | None) -> str:
    """Of the page, as the command tells it."""
    assert said is not None
    for line in said:
        if "http://" in line:
            return next(word for word in line.split() if word.startswith("http://")).rstrip(",")
    raise AssertionError("no address was told")


def test_a_browsers_flashes_are_seen_through_the_screen_and_kept(tmp_path, monkeypatch):
    with screen(WIDTH, HEIGHT) as display:
        monkeypatch.setenv("DISPLAY", display)
        with (
            calibrate("camera", "screen:", "--flashes", "6", home=tmp_path, XDG_SESSION_TYPE="x11") as command,
            chromium(f"--window-size={WIDTH},{HEIGHT}", "--window-position=0,0", headless=False) as browser,
        ):
            page = browser.new_page(no_viewport=True)
            page.goto(address(command.stdout))
            page.keyboard.press("Enter")
            page.get_by_text("Done").wait_for()  # waits here, for else the driver holds the page up
            said, _ = command.communicate(timeout=PATIENCE)
    assert command.returncode == 0, said
    assert "of 12 found" in said
    assert kept(tmp_path)["source"]["latency_ms"]["screen:"] >= 0


@pytest.mark.skipif(available() is not None and "CI" not in os.environ, reason=str(available()))
def test_a_synthesizers_clicks_are_heard_through_jack(tmp_path):
    require("ffmpeg", "jack_connect")
    arguments = ("output", "synth", "--listen", "jack:fluidsynth:left", "--clicks", "5", "-s", "synth.driver=jack")
    with jack_server(), calibrate(*arguments, home=tmp_path) as command:
        said, _ = command.communicate(timeout=PATIENCE)
    found = re.search(r"(\d) of 5 found", said)
    assert found is not None and int(found[1]) > 0, said
    # a machine too busy for JACK to keep time says so, and keeps nothing
    if command.returncode == 0:
        assert "synth" in kept(tmp_path)["player"]["latency_ms"]
    else:
        assert "were not heard well enough" in said
