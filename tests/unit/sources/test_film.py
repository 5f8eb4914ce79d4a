"""The synthetic film is what its scenario says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.errors import SourceError
from stream_v2m.sources.film import Film
from stream_v2m.sources.scenario import FADE, write_scenario
from stream_v2m.sources.source import SourceConfig

pytestmark = pytest.mark.unit

FRAME = 1 / 30


@pytest.fixture(scope="module")
def film() -> Film:
    return Film(SourceConfig(), seed=0)


def picture(film: Film, time: float) -> NDArray[np.int16]:
    return film.render(time)[::3, ::3].astype(np.int16)


def change(film: Film, time: float) -> float:
    """How much the frame at ``time`` differs from the one before, 0–255."""
    return float(np.abs(picture(film, time) - picture(film, time - FRAME)).mean())


def test_a_minute_has_eight_or_more_shots_of_every_emotion_with_cuts_a_fade_and_a_flash(film: Film):
    scenario = film.scenario
    assert len(scenario.shots) >= 8
    assert {shot.mood.emotion for shot in scenario.shots} == set(EMOTIONS)
    assert len(scenario.cut_times) >= 6
    assert scenario.fades and scenario.flash_times
    assert scenario.shots[0].start == 0 and scenario.shots[-1].end == 60


@pytest.mark.parametrize("seconds", [1, 9, 60, 1000])
def test_shots_follow_without_gaps_and_neighbours_differ_in_tone(seconds: float):
    for seed in range(5):
        shots = write_scenario(seed, seconds).shots
        assert shots[-1].end == seconds
        for before, after in itertools.pairwise(shots):
            assert before.end == after.start
            assert before.mood.tone != after.mood.tone


def test_a_cut_changes_the_picture_far_more_than_the_frames_around_it_change(film: Film):
    for cut in film.scenario.cut_times:
        around = max(change(film, cut - FRAME), change(film, cut + FRAME))
        assert change(film, cut) > 2.5 * around


def test_a_flash_is_bright_and_goes_back_to_the_same_picture(film: Film):
    for flash in film.scenario.flash_times:
        before, during, after = (picture(film, flash + frames * FRAME) for frames in (-1, 0, 2))
        assert during.mean() > before.mean() + 80
        assert np.abs(after - before).mean() < 10


def test_a_fade_changes_no_frame_much_and_ends_in_the_new_shot(film: Film):
    start, end = film.scenario.fades[0]
    assert end == start + FADE
    steps = [change(film, start + index * FRAME) for index in range(30)]
    whole = np.abs(picture(film, end) - picture(film, start)).mean()
    assert max(steps) < whole / 2


def test_the_shots_that_mean_more_motion_move_more(film: Film):
    def motion(name: str) -> float:
        shot = next(shot for shot in film.scenario.shots if shot.mood.name == name)
        return float(np.mean([change(film, shot.start + FADE + index / 5) for index in range(1, 9)]))

    assert motion("fog") == 0
    assert motion("deep") < motion("sea") < motion("neon") < motion("jitter")


def test_the_same_seed_gives_the_same_film_and_another_seed_another():
    first, second, other = (
        [frame.small for frame in Film(SourceConfig(), seed=seed, seconds=12, rate_hz=1).frames()] for seed in (5, 5, 6)
    )
    assert len(first) == 12
    assert all(map(np.array_equal, first, second))
    assert not any(map(np.array_equal, first, other))


def test_a_moment_is_drawn_the_same_from_whichever_side_it_is_reached(film: Film):
    backwards = {time: film.render(time) for time in (50.0, 20.0, 5.0)}
    assert all(np.array_equal(film.render(time), seen) for time, seen in sorted(backwards.items()))


def test_seeking_and_looping_keep_times_rising_from_0():
    source = Film(SourceConfig(seek_s=11.5, loop=True), seconds=12, rate_hz=10)
    assert source.open().duration is None
    frames = list(itertools.islice(source.frames(), 12))
    assert [frame.time for frame in frames] == pytest.approx([index / 10 for index in range(12)])
    assert np.array_equal(frames[0].small, frames[5].small)
    assert not np.array_equal(frames[0].small, frames[4].small)


def test_seeking_past_the_end_is_refused():
    with pytest.raises(SourceError, match=r"got seek_s = 12, expected less than its 12 s"):
        Film(SourceConfig(seek_s=12), seconds=12).open()


def test_closing_ends_the_film():
    source = Film(SourceConfig())
    frames = source.frames()
    next(frames)
    source.close()
    assert list(frames) == []
