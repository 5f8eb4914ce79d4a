"""Times of frames."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_v2m.sources.timeline import Timeline

pytestmark = pytest.mark.unit


def placed(stamps: list[float | None], period: float = 0.1) -> list[float]:
    timeline = Timeline(period)
    return [timeline.place(stamp) for stamp in stamps]


def test_stamps_are_kept_from_the_first_which_is_0():
    assert placed([7.0, 7.5, 7.625, 9.0]) == [0.0, 0.5, 0.625, 2.0]


def test_a_frame_without_a_stamp_comes_one_period_later():
    assert placed([None, None, 0.4, None]) == pytest.approx([0.0, 0.1, 0.4, 0.5])


def test_after_a_seam_the_stamps_go_on_counting():
    assert placed([0.0, 0.2, 0.3, 0.0, 0.2, 0.2]) == pytest.approx([0.0, 0.2, 0.3, 0.4, 0.6, 0.7])


@given(st.lists(st.none() | st.floats(0, 1e5, allow_nan=False), max_size=30))
def test_times_rise_strictly_from_0_whatever_the_stamps_are(stamps: list[float | None]):
    times = placed(stamps)
    assert times[:1] in ([], [0.0])
    assert all(before < after for before, after in pairwise(times))
