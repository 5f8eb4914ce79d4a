"""The contract: what a step is, and what the graphs are fed."""

from __future__ import annotations

import numpy as np
import pytest

from stream_v2m.core.features import CONDITIONS, FEATURE_SIZE, Condition
from stream_v2m.inference import contract
from stream_v2m.inference.contract import StepInput

pytestmark = pytest.mark.unit


def step(**changes):
    values = {"previous": 5, "features": np.zeros(FEATURE_SIZE, np.float32), "present": np.ones(CONDITIONS, np.bool_)}
    return StepInput(**{**values, **changes})


def test_the_graphs_are_fed_rows_of_exact_types():
    present = np.zeros(CONDITIONS, np.bool_)
    present[Condition.KEY] = True
    fed = contract.feeds([step(), step(mode="minor", present=present, bar_position=0.5)], [5, contract.START])
    assert tuple(fed) == contract.STEP_INPUTS
    assert fed["chord"].tolist() == [5, contract.START] and fed["chord"].dtype == np.int64
    assert fed["mode"].tolist() == [0, 1]
    assert fed["present"].dtype == np.float32 and fed["present"].sum(axis=1).tolist() == [CONDITIONS, 1]
    assert fed["features"].shape == (2, FEATURE_SIZE)
    assert fed["bar_position"].tolist() == [0.0, 0.5]


@pytest.mark.parametrize("label", [-1, contract.END, contract.PAD])
def test_only_chords_can_have_sounded_before(label):
    with pytest.raises(AssertionError):
        step(previous=label)


def test_features_and_presence_have_the_schemas_sizes():
    with pytest.raises(AssertionError):
        step(features=np.zeros(10, np.float32))
    with pytest.raises(AssertionError):
        step(present=np.ones(6, np.bool_))
