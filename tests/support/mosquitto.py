"""A real MQTT broker of a test's own, and one that accepts connections and never says a word."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.require import require

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """A broker on a port of its own; it forgets everything when it is stopped.

    Args:
        folder: for its configuration.
        lines: of the configuration, beside the listener's.
    """

    def __init__(self, folder: Path, *lines: str) -> None:
        require("mosquitto", "mosquitto_pub", "mosquitto_sub")
        self.port = free_port()
        self._conf = folder / "mosquitto.conf"
        usual = ("allow_anonymous true",) if not any("allow_anonymous" in line for line in lines) else ()
        self._conf.write_text("\n".join([f"listener {self.port} {HOST}", "user root", *usual, *lines]) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it takes connections."""
        self._process = subprocess.Popen(
            ["mosquitto", "-c", self._conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            assert self._process.poll() is None, "mosquitto has ended"
            time.sleep(0.01)
        raise AssertionError("mosquitto does not listen")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def say(self, topic: str, payload: str = "", *options: str) -> None:
        """Publish as any other program would."""
        subprocess.run(["mosquitto_pub", *self._where(), "-t", topic, "-m", payload, *options], check=True, timeout=5)

    def hear(self, topic: str, *, count: int = 1, seconds: int = 5, retained: bool = False) -> list[tuple[str, Any]]:
        """The next messages of a topic with their JSON, or text; of the retained ones alone if asked for."""
        only = ["--retained-only"] if retained else []
        form = ["-F", "%t\t%p", "-C", str(count), "-W", str(seconds)]
        heard = subprocess.run(["mosquitto_sub", *self._where(), "-t", topic, *form, *only], capture_output=True)
        return [(line.split("\t")[0], _value(line.split("\t", 1)[1])) for line in heard.stdout.decode().splitlines()]

    def ask(self, topic: str, payload: str, back: str) -> Any:
        """Ask by MQTT 5, and wait for the answer at topic ``back``."""
        asked = ["mosquitto_rr", *self._where(), "-V", "5", "-t", topic, "-m", payload, "-e", back, "-W", "5"]
        return _value(subprocess.run(asked, capture_output=True, check=True).stdout.decode())

    def _where(self) -> list[str]:
        return ["-h", HOST, "-p", str(self.port)]


@contextmanager
def mosquitto(folder: Path, *lines: str) -> Iterator[Mosquitto]:
    """A broker that runs."""
    broker = Mosquitto(folder, *lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@contextmanager
def black_hole() -> Iterator[int]:
    """The port of somebody who accepts connections and never answers."""
    with socket.create_server((HOST, 0), backlog=64) as hole:
        yield int(hole.getsockname()[1])


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
