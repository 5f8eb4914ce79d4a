"""The shipped transformer at run time: rings, state, causality, constant cost."""

from __future__ import annotations

import time

import numpy as np
import pytest

from stream_v2m.inference.contract import LOGITS, PAD
from stream_v2m.inference.decoder import Decoder
from tests.support.steps import steps

pytestmark = pytest.mark.unit

# Rows of a batch and single rows are summed in another order.
BATCH_TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def decoder():
    return Decoder.open()


def run(decoder, inputs, state=None):
    state = state or decoder.start()
    return np.stack([decoder.step([step], state)[0] for step in inputs])


def test_logits_are_finite_and_pad_is_never_likely(decoder):
    logits = run(decoder, steps(5))
    assert logits.shape == (5, LOGITS) and logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert (logits[:, PAD] < logits[:, :PAD].min(axis=1) - 100).all()


def test_a_copied_state_goes_on_by_itself_and_gives_the_same(decoder):
    inputs = steps(12)
    state = decoder.start()
    run(decoder, inputs[:6], state)
    copied = state.copy()
    one, two = run(decoder, inputs[6:], state), run(decoder, inputs[6:], copied)
    assert np.array_equal(one, two)
    assert copied.position.tolist() == [12]


def test_a_step_that_is_undone_leaves_no_trace_also_where_it_took_the_oldest_ones_place(decoder):
    count = decoder.window + 6
    inputs, others = steps(count), steps(count, seed=1)
    state, found = decoder.start(), []
    for step, other in zip(inputs, others, strict=True):
        decoder.step([other], state)
        state.undo()
        found.append(decoder.step([step], state)[0])
    assert np.array_equal(np.stack(found), run(decoder, inputs))


def test_a_different_past_gives_a_different_present_and_a_later_input_changes_nothing_earlier(decoder):
    inputs, others = steps(10), steps(10, seed=1)
    mixed = inputs[:6] + others[6:]
    one, two = run(decoder, inputs), run(decoder, mixed)
    assert np.array_equal(one[:6], two[:6])
    assert not np.allclose(one[7:], two[7:])


def test_rows_of_a_batch_are_independent_sessions(decoder):
    first, second = steps(8), steps(8, seed=2)
    state = decoder.start(2)
    together = np.stack([decoder.step(list(pair), state) for pair in zip(first, second, strict=True)], axis=1)
    assert together[0] == pytest.approx(run(decoder, first), abs=BATCH_TOLERANCE)
    assert together[1] == pytest.approx(run(decoder, second), abs=BATCH_TOLERANCE)


def test_rows_may_be_at_different_positions(decoder):
    inputs = steps(9)
    ahead, fresh = decoder.start(), decoder.start()
    run(decoder, inputs[:5], ahead)
    both = decoder.start(2)
    both.rings[:, :, :1], both.position[0] = ahead.rings, 5
    found = decoder.step([inputs[5], inputs[0]], both)
    assert found[0] == pytest.approx(decoder.step([inputs[5]], ahead)[0], abs=BATCH_TOLERANCE)
    assert found[1] == pytest.approx(decoder.step([inputs[0]], fresh)[0], abs=BATCH_TOLERANCE)


def test_step_one_hundred_thousand_is_as_quick_and_as_exact_as_the_first_full_window(decoder):
    window = decoder.window
    inputs = steps(window + 40)
    early, late = decoder.start(), decoder.start()
    late.position[:] = 100_000 // window * window  # the same slots, far later
    run(decoder, inputs[:window], early)
    late.rings[:] = early.rings
    early.position[:], late.position[:] = window, late.position + window
    durations = []
    for step in inputs[window:]:
        before = time.perf_counter()
        one = decoder.step([step], early)
        between = time.perf_counter()
        two = decoder.step([step], late)
        durations.append((between - before, time.perf_counter() - between))
        assert np.isfinite(two).all()
        # 100,000 // W · W is no multiple of the rotations' period unless W divides it; distances are all that counts.
        assert one == pytest.approx(two, abs=BATCH_TOLERANCE)
    quick, late_quick = np.median(durations, axis=0)
    assert late_quick < 3 * quick


def test_the_weights_say_what_they_were_made_from(decoder):
    assert {"command", "seed", "data_sha256", "val"} <= decoder.provenance.keys()
    assert decoder.provider == "cpu"
