"""A screen of a test's own, without a monitor."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.require import missing, require


@contextmanager
def screen(width: int, height: int) -> Iterator[str]:
    """An X server without a monitor, of so many pixels; its display."""
    require("Xvfb")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        if not number:
            missing("Xvfb does not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
