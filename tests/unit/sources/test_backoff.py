"""How long a lost source is waited for."""

from __future__ import annotations

from random import Random

import pytest

from stream_v2m.sources.backoff import JITTER, Backoff

pytestmark = pytest.mark.unit


class Highest(Random):
    """No jitter."""

    def random(self) -> float:
        return 0.0


def test_delays_double_up_to_the_most_and_begin_anew_when_all_is_well():
    backoff = Backoff(first=0.5, most=10, random=Highest())
    assert [backoff.delay() for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.delay() == 0.5


def test_chance_shortens_delays_by_half_at_most():
    backoff, chance = Backoff(first=0.5, most=10, random=Random(3)), Random(3)
    for full in (0.5, 1, 2, 4, 8, 10, 10):
        delay = backoff.delay()
        assert delay == full * (1 - JITTER * chance.random())
        assert full / 2 <= delay <= full
