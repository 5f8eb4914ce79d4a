"""What is rendered hears nothing from outside."""

from __future__ import annotations

import pytest

from stream_v2m.config import Config, alone

pytestmark = pytest.mark.unit


def test_a_rendering_opens_no_input_and_follows_nobody_and_keeps_every_other_setting():
    given = Config.load((), ["tempo.sync=port:master", "control.inputs=['port:knobs']", "tempo.pace.average_s=9"])
    config = alone(given)
    assert (config.tempo.clock_input, config.control.inputs) == (None, ())
    assert config.tempo.pace.average_s == 9
    assert config.model_dump(exclude={"tempo", "control"}) == given.model_dump(exclude={"tempo", "control"})
