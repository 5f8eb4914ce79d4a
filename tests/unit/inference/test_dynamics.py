"""The shipped GRU at run time: ranges, state, causality."""

from __future__ import annotations

import numpy as np
import pytest

from stream_v2m.inference.contract import START
from stream_v2m.inference.dynamics import DENSEST, LOUDEST, DynamicsModel
from tests.support.steps import steps

pytestmark = pytest.mark.unit

BATCH_TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def model():
    return DynamicsModel.open()


def run(model, inputs, chords):
    state = model.start()
    return np.stack([model.step([step], [chord], state)[0] for step, chord in zip(inputs, chords, strict=True)])


def test_levels_stay_in_the_datas_ranges(model):
    levels = run(model, steps(30), [1, 66] * 15)
    assert levels.shape == (30, 2)
    assert (levels >= 0).all() and (levels <= [LOUDEST, DENSEST]).all()


def test_the_chord_of_the_step_counts_and_may_be_unknown(model):
    inputs = steps(5)
    silent, sounding, unknown = (run(model, inputs, [chord] * 5) for chord in (0, 1, START))
    assert not np.allclose(silent, sounding, atol=1e-4)
    assert np.isfinite(unknown).all()


def test_a_later_input_changes_nothing_earlier_and_a_copied_state_goes_on_by_itself(model):
    inputs, others = steps(10), steps(10, seed=3)
    one, two = run(model, inputs, [1] * 10), run(model, inputs[:5] + others[5:], [1] * 10)
    assert np.array_equal(one[:5], two[:5])
    state = model.start()
    model.step(inputs[:1], [1], state)
    copied = state.copy()
    first = model.step(inputs[1:2], [1], state)
    assert np.array_equal(first, model.step(inputs[1:2], [1], copied))


def test_rows_of_a_batch_are_independent_sessions(model):
    first, second = steps(6), steps(6, seed=4)
    state = model.start(2)
    both = np.stack([model.step(list(pair), [1, 92], state) for pair in zip(first, second, strict=True)], axis=1)
    assert both[0] == pytest.approx(run(model, first, [1] * 6), abs=BATCH_TOLERANCE)
    assert both[1] == pytest.approx(run(model, second, [92] * 6), abs=BATCH_TOLERANCE)
