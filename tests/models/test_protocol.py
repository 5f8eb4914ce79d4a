"""Metrics against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.baselines.ngram import NGram, repeat_last
from models.baselines.ridge import Ridge
from models.data.song import Picture, Song
from models.metrics import protocol
from stream_v2m.inference.contract import END, LOGITS, PAD

pytestmark = pytest.mark.models

LOGITS_OF_FOUR = np.array([[3.0, 2, 1, 0], [0, 1, 2, 3], [3, 2, 1, 0], [0, 3, 1, 2]])
TARGETS = np.array([0, 2, 3, 1])


def song(labels, picture=None):
    labels = np.array(labels)
    return Song(
        "t",
        "t",
        "major",
        np.arange(len(labels)).astype(np.float32),
        labels,
        len(labels),
        seconds=labels,
        picture=picture,
    )


def test_hits_counts_targets_among_the_k_best():
    assert protocol.hits(LOGITS_OF_FOUR, TARGETS, 1) == 0.5
    assert protocol.hits(LOGITS_OF_FOUR, TARGETS, 2) == 0.75
    assert protocol.hits(LOGITS_OF_FOUR, TARGETS, 4) == 1.0


def test_a_constant_prediction_hits_nothing_by_ties():
    assert protocol.hits(np.zeros((4, 10)), TARGETS, 5) == 0.0


def test_cross_entropy_is_the_mean_of_minus_log_chance():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    assert protocol.cross_entropy(logits, np.array([0, 1])) == pytest.approx((math.log(2) + math.log(10)) / 2)


def test_accuracy_at_changes_looks_at_changes_alone_and_end_is_none():
    logits = np.zeros((4, LOGITS))
    logits[[0, 1, 2, 3], [5, 6, 7, END]] = 1
    before, targets = np.array([5, 5, 6, 6]), np.array([5, 6, 8, END])
    assert protocol.accuracy_at_changes(logits, before, targets) == 0.5
    assert math.isnan(protocol.accuracy_at_changes(logits[:1], before[:1], targets[:1]))


def test_the_protocol_gives_the_first_chord_and_asks_for_end_only_of_short_songs():
    before, targets = protocol.protocol_targets(np.array([1, 2, 3]))
    assert (before.tolist(), targets.tolist()) == ([1, 2, 3], [2, 3, END])
    before, targets = protocol.protocol_targets(np.arange(400) % 100)
    assert (len(before), len(targets)) == (299, 299)
    assert targets[-1] == 299 % 100


def test_correlation_and_rmse_are_pearsons_and_the_root_of_the_mean_square():
    a, b = np.array([1.0, 2, 3]), np.array([2.0, 4, 7])
    assert protocol.correlation(a, b) == pytest.approx(5 / math.sqrt(2 * (38 / 3)))
    assert protocol.rmse(a, b) == pytest.approx(math.sqrt((1 + 4 + 16) / 3))
    assert protocol.correlation(np.ones(3), b) == 0.0
    assert math.isnan(protocol.correlation(a, np.ones(3)))


def test_the_mean_over_songs_weighs_songs_not_seconds_and_skips_what_is_undefined():
    assert protocol.mean_over_songs([{"x": 1.0}, {"x": float("nan")}, {"x": 0.0}]) == {"x": 0.5}


def test_repeating_the_last_chord_is_right_exactly_where_nothing_changes():
    before, targets = protocol.protocol_targets(np.array([4, 4, 4, 9]))
    assert protocol.hits(repeat_last(before), targets, 1) == 0.5


def test_a_bigram_gives_the_observed_shares_a_little_smoothed_and_never_pad():
    gram = NGram(2, [song([1, 2, 1, 2, 1, 3, 1, 2])])
    logits = gram.logits(np.array([1]))
    chances = np.exp(logits[0])
    assert chances[2] == pytest.approx(0.75, abs=0.06)
    assert chances[3] == pytest.approx(0.25, abs=0.06)
    assert chances[PAD] < 1e-6
    assert chances.sum() == pytest.approx(1)


def test_ridge_finds_a_linear_law():
    rng = np.random.default_rng(0)
    rest = rng.normal(size=(2000, 8)).astype(np.float32)
    rest[:, 6:] = 1
    picture = Picture(np.zeros((2000, 384), np.int8), np.ones(384, np.float32), rest, rest[:, 0] * 2, rest[:, 1] + 3)
    found = song(np.zeros(2000, np.int64), picture)
    predicted = Ridge.fit([found], penalty=1.0).predict(found)
    assert predicted == pytest.approx(np.stack([rest[:, 0] * 2, rest[:, 1] + 3], axis=1), abs=0.02)
