"""Statistics of lateness."""

from __future__ import annotations

import pytest

from stream_v2m.midi.lateness import WINDOW, Lateness

pytestmark = pytest.mark.unit


def test_percentiles_are_of_the_newest_messages_and_the_maximum_of_all() -> None:
    lateness = Lateness(threshold=0.01)
    lateness.add(0.5)
    for number in range(WINDOW):
        lateness.add(number / WINDOW / 1000)
    sent, late, p50, p99, longest = lateness.summary()
    assert (sent, late) == (WINDOW + 1, 1)
    assert p50 == pytest.approx(0.5, abs=0.01)
    assert p99 == pytest.approx(0.99, abs=0.01)
    assert longest == 500.0


def test_before_the_first_message_all_is_nought() -> None:
    assert Lateness(threshold=0.01).summary() == (0, 0, 0.0, 0.0, 0.0)


def test_the_histogram_counts_what_is_up_to_each_bound_and_sums_all() -> None:
    lateness = Lateness(threshold=0.01)
    for seconds in (0.0, 0.0005, 0.004, 0.3):
        lateness.add(seconds)
    counts, total = lateness.histogram()
    assert dict(counts)[0.5] == 2
    assert dict(counts)[2.0] == 2
    assert dict(counts)[5.0] == 3
    assert dict(counts)[250.0] == 3
    assert total == pytest.approx(304.5)
