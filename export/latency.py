"""How long the shipped models take for a step: ``python -m export.latency``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from export.verify import random_steps
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel

_WARM_UP = 20


def main(arguments: list[str] | None = None) -> int:
    """Print percentiles in milliseconds for each batch size."""
    parser = argparse.ArgumentParser(prog="python -m export.latency", description=__doc__)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 2, 64])
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args(arguments)
    decoder, dynamics = Decoder.open(), DynamicsModel.open()
    for batch in options.batch:
        chords, inputs = random_steps(batch, seed=0)
        labels = [int(chord) for chord in chords]
        state, memory = decoder.start(batch), dynamics.start(batch)
        print(f"batch {batch}")
        print("  amt      ", _percentiles(lambda: decoder.step(inputs, state), options.steps))  # noqa: B023
        print("  dynamics ", _percentiles(lambda: dynamics.step(inputs, labels, memory), options.steps))  # noqa: B023
    return 0


def _percentiles(step: Callable[[], object], count: int) -> str:
    wall, worked = [], []
    for _ in range(count + _WARM_UP):
        before, busy = time.perf_counter(), time.thread_time()
        step()
        wall.append(time.perf_counter() - before)
        worked.append(time.thread_time() - busy)
    p50, p99 = np.percentile(wall[_WARM_UP:], [50, 99]) * 1e3
    # On a busy machine the wall clock also counts the neighbours.
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms; CPU time p50 {np.median(worked[_WARM_UP:]) * 1e3:.2f} ms"


if __name__ == "__main__":
    sys.exit(main())
