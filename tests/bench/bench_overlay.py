"""What the overlay costs the machine that shows it: processor time of all of a Chromium's processes, without a GPU.

``python -m tests.bench.bench_overlay [SECONDS]`` writes JSON: per cent of one core over SECONDS (20), for the overlay
of a real performance at the advised size, in a full HD page, and with nothing but words; for one that rests; and for
an empty page.
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
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.support.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WARM_UP = 6.0  # seconds: the ribbon is then full
PATIENCE = 60.0  # seconds for the performance to play
FILM = "film:seed=0&seconds=900"
STYLE = "electronic"  # many notes
SHOWN = "#overlay:not(.away)"
PAINTED = """
    window.painted = 0;
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      window.painted += this.canvas.id === "notes";
      return clear.apply(this, box);
    };
"""
COUNT = "[painted, performance.now() / 1000]"


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


def measure(browser: Browser, url: str, size: tuple[int, int], seconds: float) -> dict[str, float]:
    """One page on its own."""
    with browser.new_page(viewport={"width": size[0], "height": size[1]}) as page:
        page.add_init_script(PAINTED)
        page.goto(url)
        if url.startswith("http"):
            page.wait_for_selector(SHOWN)
        time.sleep(WARM_UP)
        begin, (painted, seen) = reading(), page.evaluate(COUNT)
        time.sleep(seconds)
        end, (painted_then, seen_then) = reading(), page.evaluate(COUNT)
    return {
        "core_percent": round(100 * (end[0] - begin[0]) / (end[1] - begin[1]), 2),
        "ribbon_paintings_hz": round((painted_then - painted) / (seen_then - seen), 1),
    }


def reading() -> tuple[float, float]:
    """Processor seconds of our browser, and when they were read."""
    return processor_seconds(os.getpid()), time.perf_counter()


def main(seconds: float = 20.0) -> None:
    small, large = (480, 160), (1920, 1080)
    with performing() as address, chromium() as browser:
        overlay = f"{address}/overlay"
        result: dict[str, Any] = {
            "what": f"{FILM}, style {STYLE}, {seconds:g} s each",
            "chromium": browser.version,
            "480x160": measure(browser, overlay, small, seconds),
            "1920x1080": measure(browser, overlay, large, seconds),
            "480x160, no notes": measure(browser, f"{overlay}?show=chord,next,mood,key,pulse", small, seconds),
        }
        command(address, "stop")
        time.sleep(WARM_UP)
        result["480x160, resting"] = measure(browser, overlay, small, seconds)
        result["empty page"] = measure(browser, "about:blank", small, seconds)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
