"""Stamps of arrival, from drivers' stamps and polls."""

from __future__ import annotations

import random

import pytest

from stream_v2m.midi.arrival import ArrivalClock

pytestmark = pytest.mark.unit

POLL = 0.002


def stamped(arrivals: list[float], driver: list[float]) -> list[float]:
    """Poll every 2 ms, a little late now and then, and stamp what has come."""
    random.seed(4)
    clock, moments, waiting = ArrivalClock(), [], list(zip(arrivals, driver, strict=True))
    now = empty = 0.0
    while waiting:
        now += POLL + random.random() * 0.001
        while waiting and waiting[0][0] <= now:
            moments.append(clock.moment(waiting.pop(0)[1], earliest=empty, latest=now))
        empty = now
    return moments


def pulses(count: int = 2000, *, period: float = 0.0208) -> list[float]:
    return [0.5 + number * period for number in range(count)]


def errors(moments: list[float], arrivals: list[float]) -> list[float]:
    return [moment - arrival for moment, arrival in zip(moments, arrivals, strict=True)]


def test_an_exact_driver_is_followed_far_more_closely_than_one_polls():
    arrivals = pulses()
    moments = stamped(arrivals, [arrival + 4000.0 for arrival in arrivals])
    assert max(map(abs, errors(moments, arrivals)[200:])) < 0.00005
    assert max(map(abs, errors(moments, arrivals)[1000:])) < 0.00001


@pytest.mark.parametrize("drift", [-2e-4, 2e-4])
def test_a_driver_whose_clock_drifts_is_followed(drift: float):
    arrivals = pulses(20_000)
    moments = stamped(arrivals, [arrival * (1 + drift) for arrival in arrivals])
    assert max(map(abs, errors(moments, arrivals)[200:])) < 0.001


def test_a_driver_that_lost_time_is_right_again_to_within_a_poll_at_once_and_closely_soon():
    arrivals = pulses()
    driver = [arrival - (1.7 if number >= 1000 else 0.0) for number, arrival in enumerate(arrivals)]
    off = errors(stamped(arrivals, driver), arrivals)
    assert abs(off[1000]) <= 0.003
    assert max(map(abs, off[1200:])) < 0.0002


def test_without_stamps_of_the_driver_the_error_is_the_time_between_two_polls():
    arrivals = pulses()
    off = errors(stamped(arrivals, [0.0] * len(arrivals)), arrivals)
    assert max(map(abs, off)) <= 0.003


def test_moments_never_go_back():
    arrivals = sorted(pulses() + [pulse + 0.0001 for pulse in pulses()])
    random.seed(1)
    moments = stamped(arrivals, [arrival + random.uniform(-0.01, 0.01) for arrival in arrivals])
    assert moments == sorted(moments)
