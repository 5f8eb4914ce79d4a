"""What the overlay costs the machine that shows it: processor time of all of a Chromium's processes, without a GPU.

``python -m tests.bench.bench_overlay [SECONDS]`` writes JSON: per cent of one core over SECONDS (20), for the overlay
of a real performance at the advised size, at 15 pictures a second, in a full HD page, and without the notes; for one
that rests; and for an empty page.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.support.browser import launch_options

WARM_UP = 10.0  # seconds: the page is then open, and the ribbon full
PATIENCE = 60.0  # seconds for the performance to play
FILM = "film:seed=0&seconds=900"
STYLE = "electronic"  # many notes


def processor_seconds(root: int) -> float:
    """What the browsers among the descendants of process ``root`` have used so far."""
    children: dict[int, list[int]] = defaultdict(list)
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command, stat = (path / "cmdline").read_bytes(), (path / "stat").read_text()
        except OSError:
            continue  # it has ended meanwhile
        fields = stat.rpartition(")")[2].split()
        children[int(fields[1])].append(int(path.name))
        if b"chrom" in command:
            used[int(path.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    found, total = [root], 0.0
    while found:
        each = found.pop()
        total += used.get(each, 0.0)
        found += children[each]
    return total


@contextmanager
def performing() -> Iterator[str]:
    """The address of a performance that plays."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        program = subprocess.Popen(
            [
                *(sys.executable, "-m", "stream_v2m.cli.main", "play", FILM, "--style", STYLE, "--quiet"),
                *("--to", f"file:{folder}/bench.mid", "--serve", str(port)),
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(int(PATIENCE)):
                if state(address).get("chord"):
                    break
                time.sleep(1)
            else:
                sys.exit("the performance does not play")
            yield address
        finally:
            program.terminate()
            program.wait()


def state(address: str) -> dict[str, Any]:
    """The performance's, or nothing if nobody answers."""
    try:
        with urlopen(f"{address}/api/v1/state", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)["state"]
            return found
    except URLError:
        return {}


def command(address: str, name: str) -> None:
    body = Request(f"{address}/api/v1/commands/{name}", data=b"{}", headers={"Content-Type": "application/json"})
    urlopen(body, timeout=5).close()


def measure(url: str, size: tuple[int, int], seconds: float) -> float:
    """Per cent of a core that one page takes in a browser that nobody looks into: a debugger would be paid for too."""
    program = launch_options()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        subprocess.Popen(
            [
                *(program["executable_path"], "--headless=new", *program["args"], f"--user-data-dir={profile}"),
                *(f"--window-size={size[0]},{size[1]}", url),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as browser,
    ):
        try:
            time.sleep(WARM_UP)
            begin = reading()
            time.sleep(seconds)
            end = reading()
        finally:
            browser.terminate()
    return round(100 * (end[0] - begin[0]) / (end[1] - begin[1]), 2)


def reading() -> tuple[float, float]:
    """Processor seconds of our browser, and when they were read."""
    return processor_seconds(os.getpid()), time.perf_counter()


def main(seconds: float = 20.0) -> None:
    small, large = (480, 160), (1920, 1080)
    with performing() as address:
        overlay = f"{address}/overlay"
        result: dict[str, Any] = {
            "what": f"{FILM}, style {STYLE}, {seconds:g} s each",
            "480x160": measure(overlay, small, seconds),
            "480x160, 15 pictures a second": measure(f"{overlay}?fps=15", small, seconds),
            "1920x1080": measure(overlay, large, seconds),
            "480x160, no notes": measure(f"{overlay}?show=chord,next,mood,key,pulse", small, seconds),
        }
        command(address, "stop")
        time.sleep(WARM_UP)
        result["480x160, resting"] = measure(overlay, small, seconds)
        result["empty page"] = measure("about:blank", small, seconds)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
