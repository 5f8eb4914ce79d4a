"""When the pictures of a stream are due, and how late they are."""

from __future__ import annotations

import pytest

from stream_v2m.sources.pace import Lag, Playout

pytestmark = pytest.mark.unit


def shown(*arrivals: tuple[float, float]) -> list[float]:
    """Moments at which pictures of (stamp, arrival) are shown, one after the other."""
    playout, now, moments = Playout(), 0.0, []
    for stamp, arrival in arrivals:
        now = max(now, arrival)
        now += max(0.0, playout.wait(stamp, now))
        moments.append(now)
    return moments


def test_pictures_that_come_all_at_once_are_shown_at_their_own_pace():
    assert shown((7.0, 1.0), (7.04, 1.0), (7.08, 1.0)) == pytest.approx([1.0, 1.04, 1.08])


def test_what_comes_late_is_shown_at_once_and_the_rest_follows_from_there():
    assert shown((7.0, 1.0), (7.04, 3.0), (7.08, 3.0)) == pytest.approx([1.0, 3.0, 3.04])


def test_stamps_that_jump_are_not_waited_for():
    assert shown((7.0, 1.0), (99.0, 1.0), (99.04, 1.0), (5.0, 1.1)) == pytest.approx([1.0, 1.0, 1.04, 1.1])


def test_a_picture_is_behind_by_what_it_comes_later_than_the_least_late():
    lag = Lag()
    assert [lag.see(stamp, now) for stamp, now in ((7.0, 1.2), (7.1, 1.1), (7.2, 1.2), (7.3, 1.8))] == pytest.approx(
        [0.0, 0.0, 0.0, 0.5], abs=0.002
    )


def test_a_clock_that_runs_a_little_slow_is_not_taken_for_lag():
    lag = Lag()
    assert max(lag.see(second * 0.9999, float(second)) for second in range(36_000)) < 0.01
