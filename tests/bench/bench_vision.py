"""What each measure of the picture costs a frame.

``OMP_NUM_THREADS=1 python -m tests.bench.bench_vision [SECONDS]`` writes JSON: microseconds a frame, wall and
processor time, over the synthetic film at 30 frames a second (drawn beforehand) with a window of one second.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from stream_v2m.core.values import Frame
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig
from stream_v2m.vision.affect import Measures
from stream_v2m.vision.color import Color, measure_color
from stream_v2m.vision.color_affect import ColorAffect, ColorConfig
from stream_v2m.vision.cut import CutConfig, CutDetector
from stream_v2m.vision.motion import MotionMeter
from stream_v2m.vision.observer import Observer, VisionConfig
from stream_v2m.vision.window import Sample, WindowBuilder

SPAN = 1.0  # seconds
RATE_HZ = 30.0


def measure(see: Callable[[Frame], object], frames: list[Frame]) -> dict[str, float]:
    """Quantiles of one measure's cost, after a second to warm up."""
    for frame in frames[: int(RATE_HZ)]:
        see(frame)
    wall, process = [], []
    for frame in frames[int(RATE_HZ) :]:
        began, began_process = time.perf_counter_ns(), time.process_time_ns()
        see(frame)
        process.append((time.process_time_ns() - began_process) / 1000)
        wall.append((time.perf_counter_ns() - began) / 1000)
    return {
        "wall_p50_us": round(float(np.median(wall)), 1),
        "wall_p99_us": round(float(np.quantile(wall, 0.99)), 1),
        "process_p50_us": round(float(np.median(process)), 1),
        "process_p99_us": round(float(np.quantile(process, 0.99)), 1),
    }


def main(seconds: float = 30.0) -> None:
    film = Film(SourceConfig(), seed=0, seconds=seconds, rate_hz=RATE_HZ)
    film.open()
    frames = list(film.frames())
    meter, cuts, affect, windows = (
        MotionMeter(),
        CutDetector(CutConfig()),
        ColorAffect(ColorConfig()),
        WindowBuilder(),
    )
    observer = Observer(VisionConfig())
    measures = Measures(1 / RATE_HZ, Color(0.5, 0.3, 0.3, 0.1), 0.3, 4.0)
    mood = affect.estimate(frames[0], measures).affect
    measured: dict[str, Callable[[Frame], object]] = {
        "motion": lambda frame: meter.measure(frame.small[0], frame.time),
        "cut": lambda frame: cuts.see(frame.small, frame.time),
        "color": lambda frame: measure_color(frame.small),
        "affect": lambda frame: affect.estimate(frame, measures),
        "window": lambda frame: windows.add(
            Sample(frame.time, 1 / RATE_HZ, 5.0, 0.3, mood), span=SPAN, scene_start=0.0
        ),
        "total": lambda frame: observer.see(frame, span=SPAN),
    }
    result: dict[str, Any] = {
        "frames": f"film:seed=0, {len(frames)} frames at {RATE_HZ:g} Hz, window of {SPAN:g} s",
        **{name: measure(see, frames) for name, see in measured.items()},
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
