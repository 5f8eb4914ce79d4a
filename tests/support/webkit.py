"""WebKitGTK, which is near to Safari, driven by its own WebDriver on a display of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.support.publishers import free_port
from tests.support.require import require
from tests.support.screen import screen

PATIENCE = 30.0  # seconds


class WebKit:
    """One window. Errors of the WebDriver are raised as they are said."""

    def __init__(self, driver: str) -> None:
        self._session = f"{driver}/session"
        made = self._ask("POST", "", {"capabilities": {}})
        self._session += f"/{made['sessionId']}"
        self._ask("POST", "/timeouts", {"script": round(1000 * PATIENCE)})

    def open(self, url: str) -> None:
        self._ask("POST", "/url", {"url": url})

    def size(self, width: int, height: int) -> None:
        """Of the window, pixels."""
        self._ask("POST", "/window/rect", {"width": width, "height": height})

    def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression is."""
        return self._ask("POST", "/execute/sync", {"script": f"return {expression}", "args": []})

    def wait_for(self, expression: str) -> None:
        """Return when a JavaScript expression is true."""
        look = f"const [done] = arguments; (function look() {{ ({expression}) ? done() : setTimeout(look, 20); }})();"
        self._ask("POST", "/execute/async", {"script": look, "args": []})

    def click(self, selector: str) -> None:
        """As a person does, which lets sound begin."""
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        self._ask("POST", f"/element/{next(iter(found.values()))}/click", {})

    def close(self) -> None:
        self._ask("DELETE", "")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(self._session + path, data=data, method=method), timeout=2 * PATIENCE) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            raise AssertionError(error.read().decode()) from None


@contextmanager
def webkit() -> Iterator[WebKit]:
    """A browser with a fresh profile, ended with the block."""
    require("WebKitWebDriver")
    with screen(1600, 1200) as display, _driver(display) as driver:
        browser = WebKit(driver)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _driver(display: str) -> Iterator[str]:
    port = free_port()
    command = ["WebKitWebDriver", f"--port={port}"]
    process = subprocess.Popen(
        command, env=os.environ | {"DISPLAY": display}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "WebKitWebDriver has ended"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
