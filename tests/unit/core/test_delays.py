"""A measurement says how good it is."""

import pytest

from stream_v2m.core.delays import Delays

pytestmark = pytest.mark.unit


def test_the_usual_delay_is_the_median_so_that_one_outlier_moves_nothing():
    assert Delays((0.05, 0.051, 0.052, 0.053, 0.2), 5).usual == 0.052


def test_too_few_and_such_that_contradict_each_other_are_not_believed():
    assert Delays((0.05,) * 5, 6).fault is None
    assert Delays((0.05,) * 3, 3).fault == "3 of 3 were found"
    assert Delays((0.05,) * 5, 10).fault == "5 of 10 were found"
    assert Delays((0.05, 0.4, 0.05, 0.4), 4).fault == "they differ by 350 ms"


def test_it_is_said_in_milliseconds():
    assert str(Delays((0.05, 0.05, 0.05, 0.05), 5)) == "50.0 ms, 0.0 ms spread, 4 of 5 found"
    assert str(Delays((), 5)) == "0 of 5 found"
