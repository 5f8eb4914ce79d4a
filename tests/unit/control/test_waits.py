"""Waits before a lost peer is tried again."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from stream_v2m.control.waits import waits

pytestmark = pytest.mark.unit


def test_waits_grow_to_their_cap_and_no_two_who_wait_are_alike():
    one, other = (list(islice(waits(Random(seed)), 20)) for seed in (1, 2))
    assert 0.25 <= one[0] <= 0.5
    assert all(15 <= wait <= 30 for wait in one[8:])
    assert not set(one) & set(other)
