"""The GRU: causal, the same by whole sequences and by steps, in data units."""

from __future__ import annotations

import pytest
import torch

from export.verify import random_steps, to_tensors
from models.conditions import Conditions
from models.config import DynamicsConfig
from models.dynamics import Dynamics
from models.dynamics_task import _correlation

pytestmark = pytest.mark.models

TOLERANCE = 1e-5
SMALL = DynamicsConfig(width=16, hidden=24, layers=2, dropout=0.5)


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = Dynamics(SMALL).eval()
    model.fit(torch.tensor([[0.1, 4.0], [0.3, 20.0], [0.2, 9.0]]))
    return model


def test_whole_sequences_and_single_steps_agree(model):
    chords, steps = random_steps(40, 1)
    _, conditions = to_tensors(steps)
    chord = torch.from_numpy(chords)[None]
    state, found = torch.zeros(SMALL.layers, 1, SMALL.hidden), []
    with torch.inference_mode():
        full = model.to_units(model(chord, conditions)[0])
        for t in range(40):
            levels, state = model.step(chord[:, t], Conditions(*(x[:, t] for x in conditions)), state)
            found.append(levels)
    assert torch.allclose(full, torch.stack(found, dim=1), atol=TOLERANCE)


def test_changing_the_future_changes_nothing_before_it(model):
    chords, steps = random_steps(20, 2)
    _, conditions = to_tensors(steps)
    chord = torch.from_numpy(chords)[None]
    other = chord.clone()
    other[:, 10:] = (other[:, 10:] + 1) % 157
    with torch.inference_mode():
        one, two = model(chord, conditions)[0], model(other, conditions)[0]
    assert torch.equal(one[:, :10], two[:, :10])
    assert not torch.equal(one[:, 10:], two[:, 10:])


def test_units_go_in_and_come_out_again_and_nothing_is_below_zero(model):
    music = torch.tensor([[0.05, 0.0], [0.4, 31.0]])
    assert torch.allclose(model.to_units(model.standardise(music)), music, atol=1e-4)
    assert float(model.to_units(torch.full((1, 2), -50.0)).min()) == 0.0


def test_the_losss_correlation_is_pearsons_over_known_seconds():
    x = torch.tensor([[[1.0], [2.0], [3.0], [100.0]]])
    y = torch.tensor([[[2.0], [4.0], [7.0], [0.0]]])
    known = torch.tensor([[[True], [True], [True], [False]]])
    assert float(_correlation(x, y, known)) == pytest.approx(5 / (2 * 38 / 3) ** 0.5, abs=1e-4)
