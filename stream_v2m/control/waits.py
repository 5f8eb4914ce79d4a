"""How long to wait before a lost peer is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random


def waits(random: Random, *, first: float = 0.5, longest: float = 30.0) -> Iterator[float]:
    """Seconds to wait before each new attempt, without end: doubled up to ``longest``, each cut by chance by up
    to half, so that those who lost the same peer do not come back as one."""
    wait = first
    while True:
        yield wait * random.uniform(0.5, 1.0)
        wait = min(longest, wait * 2)
