"""Flashes are found in what a camera showed, however it shows them, and nothing is found where nothing was."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_v2m.core.delays import Delays
from stream_v2m.sources.flashes import match_flashes

pytestmark = pytest.mark.unit

FRAME = 1 / 30
BLOCKS = 24


def changes(count: int = 24, seed: int = 3) -> list[tuple[float, bool]]:
    gaps = np.random.default_rng(seed).uniform(0.4, 0.8, count)
    return [(float(at), place % 2 == 0) for place, at in enumerate(1 + np.cumsum(gaps))]


def seen(
    screen: list[tuple[float, bool]],
    delay: float,
    *,
    parts: int = 10,
    dark: float = 40,
    bright: float = 160,
    noise: float = 3,
    exposure: float = 0.01,
    seed: int = 1,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pictures of a room, in ``parts`` of which the screen stands; each is light's mean over its exposure."""
    rng = np.random.default_rng(seed)
    times = np.arange(0.013, screen[-1][0] + 2, FRAME)
    ends = times - delay
    fine = np.linspace(-exposure / 2, exposure / 2, 21)
    moments = ends[:, None] + fine
    states = np.array([not screen[0][1], *(state for _, state in screen)], float)
    light = states[np.searchsorted([at for at, _ in screen], moments, side="right")].mean(axis=1)
    blocks = 90 + rng.normal(0, noise, (len(times), BLOCKS))
    blocks[:, :parts] += dark - 90 + (bright - dark) * light[:, None]
    return times, blocks


@pytest.mark.parametrize("delay", [0.0, 0.025, 0.08, 0.31, 1.1])
def test_a_known_delay_is_found_to_a_fraction_of_a_frame(delay):
    screen = changes()
    found = match_flashes(*seen(screen, delay), screen)
    assert found.fault is None
    assert len(found.seconds) == len(screen)
    assert found.usual == pytest.approx(delay, abs=FRAME / 4)
    assert found.spread <= FRAME * 1.1


def test_a_faint_screen_in_a_corner_of_a_noisy_picture_is_enough():
    screen = changes()
    found = match_flashes(*seen(screen, 0.1, parts=1, dark=80, bright=110, noise=6), screen)
    assert found.fault is None
    assert found.usual == pytest.approx(0.1, abs=FRAME / 2)


def test_somebody_who_walks_through_the_rest_of_the_picture_changes_nothing():
    screen = changes()
    times, blocks = seen(screen, 0.1)
    blocks[:, 12:] += 80 * np.sign(np.sin(2.3 * times))[:, None]
    found = match_flashes(times, blocks, screen)
    assert found.usual == pytest.approx(0.1, abs=FRAME / 4)


def test_pictures_that_were_dropped_cost_their_flashes_and_not_the_result():
    screen = changes()
    times, blocks = seen(screen, 0.1)
    kept = (times < screen[4][0]) | (times > screen[7][0])
    found = match_flashes(times[kept], blocks[kept], screen)
    assert len(found.seconds) < len(screen)
    assert found.fault is None
    assert found.usual == pytest.approx(0.1, abs=FRAME / 4)


def test_where_no_screen_is_nothing_is_believed():
    screen = changes()
    times, blocks = seen(screen, 0.1, parts=0)
    found = match_flashes(times, blocks, screen)
    assert found.fault is not None


@pytest.mark.parametrize("frames", [0, 1])
def test_without_pictures_nothing_is_found(frames):
    found = match_flashes(np.zeros(frames), np.zeros((frames, BLOCKS)), changes())
    assert found == Delays((), 24)
    assert found.fault == "0 of 24 were found"
