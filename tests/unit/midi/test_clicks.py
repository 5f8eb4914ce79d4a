"""Clicks are found in a recording, and noise is not taken for them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_v2m.midi.clicks import match_clicks

pytestmark = pytest.mark.unit

RATE, BEGIN = 48_000, 3.7


def dues(count: int = 12) -> list[float]:
    return [float(at) for at in BEGIN + 0.6 + np.cumsum(np.random.default_rng(2).uniform(0.6, 0.9, count))]


Heard = tuple[NDArray[np.float64], NDArray[np.float32]]


def recorded(clicks: list[float], delay: float, *, noise: float = 0.003, level: float = 0.3) -> Heard:
    rng = np.random.default_rng(1)
    sound = rng.normal(0, noise, round((clicks[-1] - BEGIN + 1.5) * RATE))
    burst = level * np.exp(-np.arange(2400) / 300) * np.sin(np.arange(2400) * 0.3)
    for click in clicks:
        start = round((click + delay - BEGIN) * RATE)
        sound[start : start + len(burst)] += burst
    size = RATE // 1000
    loudness = np.abs(sound[: len(sound) // size * size]).reshape(-1, size).max(axis=1)
    return BEGIN + 0.001 * np.arange(len(loudness)), loudness.astype(np.float32)


@pytest.mark.parametrize("delay", [0.0, 0.0053, 0.08, 0.4])
def test_a_known_delay_is_found_to_a_millisecond(delay):
    clicks = dues()
    found = match_clicks(*recorded(clicks, delay), clicks)
    assert found.fault is None
    assert len(found.seconds) == len(clicks)
    assert found.usual == pytest.approx(delay, abs=0.0015)


def test_a_cough_between_two_clicks_costs_at_most_one():
    clicks = dues()
    times, loudness = recorded(clicks, 0.08)
    loudness[(times > clicks[3] + 0.01) & (times < clicks[3] + 0.1)] = 0.8
    found = match_clicks(times, loudness, clicks)
    assert len(found.seconds) == len(clicks) - 1
    assert found.usual == pytest.approx(0.08, abs=0.0015)


def test_in_mere_noise_and_in_silence_nothing_is_believed():
    clicks = dues()
    for noise in (0.01, 0.0):
        assert match_clicks(*recorded(clicks, 0.1, noise=noise, level=0), clicks).fault is not None
    assert match_clicks([], [], clicks).seconds == ()
