"""What is kept for the picture of a performance stays small, however long it lasts."""

from itertools import pairwise

import pytest

from stream_v2m.core.trace import THUMBNAILS, Trace
from stream_v2m.core.values import Cue
from tests.support.sources import picture

pytestmark = pytest.mark.unit


def test_the_thumbnails_of_a_long_night_are_few_and_lie_over_all_of_it():
    trace, hours = Trace("night"), 4
    for second in range(hours * 3600):
        trace.saw(picture(float(second)), [Cue(float(second), 0.0)], None, at=float(second))
    times = [time for time, _ in trace.thumbnails]
    assert THUMBNAILS / 2 - 1 <= len(times) <= THUMBNAILS
    assert times[0] == 0 and times[-1] > (hours * 3600) * 0.97
    assert max(later - earlier for earlier, later in pairwise(times)) <= 2 * hours * 3600 / len(times)
