import math

import numpy as np
import pytest

from stream_v2m.cli.bench.matching import ARRIVES_WITHIN, EARLY, Score, arrivals, causes, pairs, score

pytestmark = pytest.mark.unit


def rows(*items: tuple[float, int]) -> np.ndarray:
    return np.array(items, np.float64).reshape(-1, 2)


def test_of_equal_messages_the_first_to_arrive_is_the_first_that_was_sent():
    sent = rows((1.0, 7), (1.1, 8), (1.2, 7))
    arrived = rows((1.003, 7), (1.104, 8), (1.205, 7))
    assert arrivals(sent, arrived).tolist() == [1.003, 1.104, 1.205]


def test_messages_in_any_order_keep_their_places():
    assert arrivals(rows((2.0, 7), (1.0, 7)), rows((2.5, 7), (1.5, 7))).tolist() == [2.5, 1.5]


def test_what_never_arrives_is_not_a_number_and_takes_nobody_elses_arrival():
    found = arrivals(rows((1.0, 7), (5.0, 7)), rows((5.002, 7)))
    assert math.isnan(found[0]) and found[1] == 5.002
    assert np.isnan(arrivals(rows((1.0, 7)), rows((1.0 + ARRIVES_WITHIN + 0.01, 7)))).all()
    assert np.isnan(arrivals(rows((1.0, 7)), rows())).all()


def test_an_arrival_may_be_stamped_a_moment_before_the_sending_but_not_earlier():
    assert arrivals(rows((1.0, 7)), rows((1.0 - EARLY / 2, 7))).tolist() == [1.0 - EARLY / 2]
    assert np.isnan(arrivals(rows((1.0, 7)), rows((1.0 - 2 * EARLY, 7)))).all()


def test_an_accent_answers_the_event_that_was_told_last_before_it_however_late_both_are():
    told = [(4.0, 90), (6.0, 130)]
    assert causes([3.9, 4.0, 5.99, 6.5], told) == [None, 90, 90, 130]
    assert causes([1.0], []) == [None]


def test_an_event_is_found_in_its_frame_or_a_little_later_and_once():
    assert score([10, 50, 90], [10, 52, 53, 70], late=2) == Score(known=3, found=2, false=2)
    assert score([10], [9], late=2) == Score(known=1, found=0, false=1)
    assert score([], [], late=2) == Score(0, 0, 0)


def test_two_events_close_together_each_have_their_own():
    assert pairs([10, 11], [11, 12], late=2) == {10: 0, 11: 1}
    assert pairs([10, 11], [11], late=2) == {10: 0}
