"""The performance against the naive way, on the same film over the same wire, one after the other.

``python -m tests.bench.bench_latency [SECONDS]`` writes JSON: both reports, and how many times as late the naive one is
at the 99th percentile of each way from picture to peer.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rich.console import Console

from stream_v2m.cli.bench.command import measure
from stream_v2m.cli.bench.report import load_average, report_of
from stream_v2m.cli.bench.run import Task
from stream_v2m.cli.bench.wire import open_wire

NAIVE = "tests.bench.naive"
LONGEST = 27.0  # seconds; the naive way sees the reel once


def main(seconds: float = 15.0) -> dict[str, object]:
    """Measure both."""
    seconds, load = min(seconds, LONGEST), load_average()
    tasks = [Task(seconds), Task(seconds, program=NAIVE)]
    with tempfile.TemporaryDirectory() as folder, open_wire() as wire:
        reel, runs = measure(tasks, (1280, 720), 30.0, wire, Path(folder), Console(stderr=True))
    ours, naive = (report_of([run.figures()], reel, wire, load=load) for run in runs)
    ways = {name: (ours["runs"][0]["paths"][name], way) for name, way in naive["runs"][0]["paths"].items()}
    ratios = {
        name: round(way["p99_ms"] / our["p99_ms"], 2)
        for name, (our, way) in ways.items()
        if our and way and our["p99_ms"]
    }
    return {"ours": ours, "naive": naive, "naive_p99_in_parts_of_ours": ratios}


if __name__ == "__main__":
    print(json.dumps(main(*map(float, sys.argv[1:])), ensure_ascii=False))
