"""The transformer: causal, relative, the same by whole sequences and by steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from export.verify import random_steps, to_tensors
from models.amt import START, Amt
from models.attention import PERIOD, WindowAttention, rotation_table
from models.conditions import ConditionEncoder, Conditions
from models.config import AmtConfig
from stream_v2m.core.features import MOTION, Condition
from stream_v2m.inference.contract import PAD

pytestmark = pytest.mark.models

TOLERANCE = 1e-4
SMALL = AmtConfig(width=32, layers=2, heads=2, hidden=64, window=8, dropout=0.0)


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = Amt(SMALL).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)  # so that differences would show
    return model


def run_steps(model, previous, conditions, *, first=0, count=None):
    """Step through [B, T], writing each column into its ring; positions count from ``first``."""
    rings, found = model.rings(len(previous)), []
    with torch.inference_mode():
        for t in range(count or previous.shape[1]):
            now = Conditions(*(x[:, t] for x in conditions))
            position = torch.full((len(previous),), first + t)
            logits, column = model.step(previous[:, t], now, position, rings)
            for i, ring in enumerate(rings):
                ring[:, :, (first + t) % model.config.window] = column[:, i]
            found.append(logits)
    return torch.stack(found, dim=1)


def test_whole_sequences_and_single_steps_agree_over_three_windows(model):
    previous, conditions = to_tensors(random_steps(3 * SMALL.window + 5, 1)[1])
    with torch.inference_mode():
        full = model(previous, conditions)
    assert torch.allclose(full, run_steps(model, previous, conditions), atol=TOLERANCE)


def test_changing_the_future_changes_nothing_before_it(model):
    previous, conditions = to_tensors(random_steps(24, 2)[1])
    other_previous, other = to_tensors(random_steps(24, 3)[1])
    cut = 11
    mixed = Conditions(*(torch.cat([a[:, :cut], b[:, cut:]], dim=1) for a, b in zip(conditions, other, strict=True)))
    with torch.inference_mode():
        one = model(previous, conditions)
        two = model(torch.cat([previous[:, :cut], other_previous[:, cut:]], dim=1), mixed)
    assert torch.equal(one[:, :cut], two[:, :cut])
    assert not torch.allclose(one[:, cut:], two[:, cut:], atol=1e-2)


def test_a_step_sees_its_window_and_nothing_older():
    torch.manual_seed(0)
    attention = WindowAttention(32, 2)
    one = Amt(SMALL)
    x = torch.randn(1, 20, 32)
    y = x.clone()
    y[:, 3] += 1.0
    turn = rotation_table(16)[:20][:, :, None, None]
    with torch.inference_mode():
        changed = (attention(x, turn, one._mask(20)) - attention(y, turn, one._mask(20))).abs().sum(dim=-1)[0] > 0
    assert changed.nonzero()[:, 0].tolist() == list(range(3, 3 + SMALL.window))


def test_only_distance_counts_not_the_position(model):
    steps = random_steps(30, 4)[1]
    previous, conditions = to_tensors(steps)
    at_zero = run_steps(model, previous, conditions)
    # From the second window on no slot is left from before; a multiple of the period and the window, then not.
    for first in (100_000 * PERIOD, 100_003):
        late = run_steps(model, previous, conditions, first=first)
        # The rings begin empty but count as filled at a late position, so compare once they are really full,
        # and twice as late for the second layer's view through the first.
        assert torch.allclose(at_zero[:, 2 * SMALL.window :], late[:, 2 * SMALL.window :], atol=TOLERANCE)


def test_rows_of_a_batch_do_not_touch_each_other(model):
    pairs = [to_tensors(random_steps(12, seed)[1]) for seed in (5, 6)]
    previous = torch.cat([pair[0] for pair in pairs])
    conditions = Conditions(*(torch.cat(both) for both in zip(*(pair[1] for pair in pairs), strict=True)))
    together = run_steps(model, previous, conditions)
    for row, pair in enumerate(pairs):
        assert torch.allclose(together[row], run_steps(model, *pair)[0], atol=TOLERANCE)


def test_pad_is_never_likely(model):
    previous, conditions = to_tensors(random_steps(8, 7)[1])
    with torch.inference_mode():
        chance = model(previous, conditions).softmax(dim=-1)
    assert float(chance[..., PAD].max()) == 0.0


def test_an_absent_condition_may_hold_anything(model):
    previous, conditions = to_tensors(random_steps(8, 8)[1])
    present = conditions.present.clone()
    present[..., [Condition.MOTION, Condition.KEY, Condition.STEP_DURATION, Condition.BAR_POSITION]] = 0
    features = conditions.features.clone()
    features[..., MOTION] = float("nan")
    one = conditions._replace(present=present)
    two = one._replace(
        features=features, mode=1 - one.mode, duration=one.duration * 7, bar=torch.full_like(one.bar, float("inf"))
    )
    with torch.inference_mode():
        assert torch.equal(model(previous, one), model(previous, two))


def test_absent_and_zero_are_not_the_same(model):
    previous, conditions = to_tensors(random_steps(8, 9)[1])
    there = conditions._replace(features=torch.zeros_like(conditions.features), present=torch.ones(1, 8, 7))
    gone = there._replace(present=torch.zeros(1, 8, 7))
    with torch.inference_mode():
        assert not torch.allclose(model(previous, there), model(previous, gone), atol=1e-2)


def test_normalisation_is_fitted_in_data_units_and_kept_with_the_weights():
    encoder = ConditionEncoder(16)
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.gamma(2.0, 10.0, size=(500, 392)).astype(np.float32))
    encoder.fit(features)
    logarithm = torch.log1p(features[:, MOTION])
    assert float(encoder.centre[MOTION]) == pytest.approx(float(logarithm.mean()), rel=1e-5)
    assert float(encoder.scale[MOTION]) == pytest.approx(float(logarithm.std()), rel=1e-5)
    assert {"centre", "scale"} <= encoder.state_dict().keys()


def test_the_start_differs_from_every_chord(model):
    embedded = model.chord(torch.arange(START + 1))
    assert len({tuple(row.tolist()) for row in embedded}) == START + 1
