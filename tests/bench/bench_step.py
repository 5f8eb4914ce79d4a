"""What a step of the shipped models costs: ``OMP_NUM_THREADS=1 python tests/bench/bench_step.py [AMT_FILE…]``.

Prints one line of JSON: a step of the transformer at batch 1 early (position 10) and late (position 100,000), one
of the GRU, and steps a second at batch 64; wall and CPU time, one thread. What is measured takes turns, so that a busy
neighbour is everybody's. Files given are measured beside the shipped one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from stream_v2m.inference.contract import AMT_FILE
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel
from tests.support.steps import steps

EARLY, LATE = 10, 100_000
BATCH = 64
TURNS = 400
BATCH_TURNS = 40
WARM_UP = 10
# One after the other, as in use; the first of a turn finds the caches full of its neighbour's weights.
IN_A_ROW = 4

Step = Callable[[], object]


def measure(made: dict[str, Step], turns: int) -> dict[str, dict[str, float]]:
    """Milliseconds a step of each, in turns."""
    wall: dict[str, list[float]] = {name: [] for name in made}
    worked: dict[str, list[float]] = {name: [] for name in made}
    for turn in range(turns + WARM_UP):
        for name, step in made.items():
            for again in range(IN_A_ROW):
                began, busy = time.perf_counter(), time.thread_time()
                step()
                if turn >= WARM_UP and again:
                    wall[name].append(time.perf_counter() - began)
                    worked[name].append(time.thread_time() - busy)
    return {
        name: {
            "wall_p50_ms": milliseconds(wall[name], 50),
            "wall_p99_ms": milliseconds(wall[name], 99),
            "cpu_p50_ms": milliseconds(worked[name], 50),
            "cpu_p99_ms": milliseconds(worked[name], 99),
        }
        for name in made
    }


def milliseconds(durations: list[float], percentile: float) -> float:
    return round(float(np.percentile(durations, percentile)) * 1e3, 3)


def at(decoder: Decoder, position: int) -> Step:
    """A step of one session at ``position``, its window full of noise where it has a past."""
    (now,) = steps(1)
    state = decoder.start()
    filled = min(position, decoder.window)
    rng = np.random.default_rng(0)
    state.rings[..., :filled, :] = rng.normal(size=state.rings[..., :filled, :].shape)

    def step() -> object:
        state.position[:] = position
        return decoder.step([now], state)

    return step


def main(paths: list[str]) -> dict[str, object]:
    """Measure the shipped files, and ``paths`` beside them."""
    decoders = {"shipped": Decoder.open()} | {path: Decoder.open(Path(path)) for path in paths}
    dynamics = DynamicsModel.open()
    (now,), memory = steps(1), dynamics.start()
    alone: dict[str, Step] = {"gru": lambda: dynamics.step([now], [1], memory)}
    together: dict[str, Step] = {}
    many = steps(BATCH)
    for name, decoder in decoders.items():
        alone[f"{name} at {EARLY}"], alone[f"{name} at {LATE}"] = at(decoder, EARLY), at(decoder, LATE)
        state = decoder.start(BATCH)
        together[f"{name}, batch {BATCH}"] = partial(decoder.step, many, state)
    batches = measure(together, BATCH_TURNS)
    for figures in batches.values():
        figures["steps_a_second"] = round(BATCH / figures["wall_p50_ms"] * 1e3)
        figures["steps_a_cpu_second"] = round(BATCH / figures["cpu_p50_ms"] * 1e3)
    return {"amt": AMT_FILE, "weights": {n: d.metadata.get("weights") for n, d in decoders.items()}} | {
        "threads": 1,
        **measure(alone, TURNS),
        **batches,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
