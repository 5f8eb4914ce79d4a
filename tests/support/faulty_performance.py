"""A performance in which one stage breaks: ``python -m tests.support.faulty_performance STAGE PORT``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from stream_v2m.cli.run import Destinations, play
from stream_v2m.config import Config
from stream_v2m.inference.composer import Composer
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.sources.film import Film
from stream_v2m.vision.observer import Observer

BREAKS: dict[str, tuple[type, str, int]] = {
    "ingest": (Film, "render", 120),
    "observe": (Observer, "see", 120),
    "compose": (Composer, "step", 4),
    "perform": (Sequencer, "events", 200),
}


def breaking(function: Callable[..., Any], after: int) -> Callable[..., Any]:
    """``function``, which raises instead of its ``after``-th call."""
    calls = 0

    def broken(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= after:
            raise ArithmeticError("broken on purpose")
        return function(*args, **kwargs)

    return broken


if __name__ == "__main__":
    stage, port = sys.argv[1:]
    owner, method, after = BREAKS[stage]
    setattr(owner, method, breaking(getattr(owner, method), after))
    play(Config.load(), ["film:"], Destinations.parse([f"virtual:{port}"]), quiet=True)
