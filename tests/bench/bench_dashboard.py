"""Run every query of the Grafana dashboard against a real Prometheus that scrapes a real performance.

``python -m tests.bench.bench_dashboard [--plot PNG] [--seconds 60]`` starts a broker, a performance of the
synthetic film with the server, MQTT and OSC, and a Prometheus; it ends with 1 if a query fails or gives no data.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from stream_v2m.control.osc_packet import message
from tests.support.jack import jack_server

DASHBOARD = Path(__file__).parents[2] / "configs" / "grafana" / "stream_v2m.json"
SCRAPE_EVERY = "1s"
FILM = "film:seconds=3600"
RATE_INTERVAL = "10s"  # what Grafana would put in for $__rate_interval, at four scrapes or more


def main() -> int:
    """Say for each panel how many series came."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--plot", type=Path)
    arguments.add_argument("--seconds", type=float, default=30.0)
    given = arguments.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        web, mqtt, osc, query = (_free() for _ in range(4))
        _broker(stack, folder, mqtt)
        stack.enter_context(jack_server())
        stack.enter_context(_running(_play(web, mqtt, osc)))
        _wait(f"http://127.0.0.1:{web}/ready", 90)
        stack.enter_context(_running(_prometheus(folder, query, web)))
        _wait(f"http://127.0.0.1:{query}/-/ready", 30)
        end = time.time() + given.seconds
        while time.time() < end:
            _steer(web, osc)
            time.sleep(2)
        panels = json.loads(DASHBOARD.read_text())["panels"]
        empty = [title for panel in panels for title in _check(panel, query)]
        if given.plot:
            _draw(panels, query, given.plot, given.seconds)
    print("every query gives data" if not empty else f"no data: {', '.join(empty)}")
    return bool(empty)


def _play(web: int, mqtt: int, osc: int) -> list[str]:
    told = ["--mqtt", f"127.0.0.1:{mqtt}", "--osc-to", f"127.0.0.1:{osc + 1}", "--osc-listen", str(osc)]
    command = [sys.executable, "-m", "stream_v2m.cli.main", "play", FILM, "--to", "virtual:dashboard"]
    return [*command, "--serve", str(web), "--quiet", "--set", "player.api=jack", *told]


def _prometheus(folder: Path, port: int, web: int) -> list[str]:
    config = folder / "prometheus.yml"
    config.write_text(
        f"global: {{scrape_interval: {SCRAPE_EVERY}, scrape_timeout: {SCRAPE_EVERY}}}\n"
        f"scrape_configs: [{{job_name: stream_v2m, static_configs: [{{targets: ['127.0.0.1:{web}']}}]}}]\n"
    )
    return [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def _broker(stack: ExitStack, folder: Path, port: int) -> None:
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    stack.enter_context(_running(["mosquitto", "-c", str(config)]))


def _steer(web: int, osc: int) -> None:
    """Give a command by each way, so that their counters count."""
    url = f"http://127.0.0.1:{web}/api/v1/commands/hold"
    body = json.dumps({"on": False}).encode()
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(asked, timeout=5).close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(message("/stream_v2m/command/hold", 0).dgram, ("127.0.0.1", osc))


def _check(panel: dict[str, Any], port: int) -> Iterator[str]:
    for target in panel["targets"]:
        found = _ask(port, "query", query=_filled(target["expr"]))["result"]
        usable = [series for series in found if series["value"][1] != "NaN"]
        print(f"{panel['title']:40} {target['refId']} {len(usable)} series")
        if not usable:
            yield f"{panel['title']} {target['refId']}"


def _filled(query: str) -> str:
    return query.replace("$__rate_interval", RATE_INTERVAL).replace("$job", ".*")


def _ask(port: int, what: str, **asked: str) -> Any:
    url = f"http://127.0.0.1:{port}/api/v1/{what}?{urllib.parse.urlencode(asked)}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{asked}: {error.read().decode()}") from error


def _draw(panels: list[dict[str, Any]], port: int, path: Path, seconds: float) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    shown = [panel for panel in panels if panel["type"] == "timeseries"]
    figure, axes = plt.subplots(-(-len(shown) // 3), 3, figsize=(15, 2.2 * -(-len(shown) // 3)), layout="constrained")
    for panel, axis in zip(shown, axes.flat, strict=False):
        axis.set_title(panel["title"], fontsize=9)
        axis.tick_params(labelsize=7)
        for target in panel["targets"]:
            now = time.time()
            asked = {"start": str(now - seconds), "end": str(now), "step": "1"}
            for series in _ask(port, "query_range", query=_filled(target["expr"]), **asked)["result"]:
                name = target["legendFormat"]
                for label, value in series["metric"].items():
                    name = name.replace("{{" + label + "}}", value)
                axis.plot([at - now for at, _ in series["values"]], [float(v) for _, v in series["values"]], label=name)
        axis.legend(fontsize=6, loc="upper left")
    for axis in list(axes.flat)[len(shown) :]:
        axis.axis("off")
    figure.savefig(path, dpi=80)


@contextmanager
def _running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(url: str, seconds: float) -> None:
    end = time.time() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError as error:
            if time.time() > end:
                raise SystemExit(f"{url}: {error}") from error
            time.sleep(0.2)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
