"""Guidance: the picture's pull exaggerated, at the cost of a second row only while it is on."""

from __future__ import annotations

import numpy as np
import pytest

from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.guidance import UNGUIDED, GuidedDecoder, without_picture
from tests.support.steps import steps

pytestmark = pytest.mark.unit

# Rows of a batch and single rows are summed in another order.
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def decoder():
    return Decoder.open()


class Counted(Decoder):
    """A decoder that counts the rows of each step."""

    def __init__(self, decoder):
        super().__init__(decoder._session, decoder.metadata)
        self.rows = []

    def step(self, inputs, state):
        self.rows.append(len(inputs))
        return super().step(inputs, state)


def alone(decoder, inputs):
    state = decoder.start()
    return np.stack([decoder.step([each], state)[0] for each in inputs])


def guided(decoder, inputs, strengths):
    model = GuidedDecoder(decoder)
    return np.stack([model.step(*each) for each in zip(inputs, strengths, strict=True)])


def test_strength_1_is_no_guidance_bit_for_bit_and_costs_one_row(decoder):
    inputs, counted = steps(8), Counted(decoder)
    found = guided(counted, inputs, [UNGUIDED] * 8)
    assert np.array_equal(found, alone(decoder, inputs))
    assert counted.rows == [1] * 8


def test_two_rows_are_two_performances_of_which_one_sees_no_picture(decoder):
    inputs = steps(12)
    seen, unseen = alone(decoder, inputs), alone(decoder, [without_picture(each) for each in inputs])
    assert not np.allclose(seen, unseen, atol=0.05)
    for strength in (0.0, 0.5, 2.0, 4.0):
        expected = unseen + strength * (seen - unseen)
        assert guided(decoder, inputs, [strength] * 12) == pytest.approx(expected, abs=8 * TOLERANCE, rel=1e-4)


def test_without_the_picture_music_key_and_metre_are_still_there():
    seen = steps(2)[1]
    blind = without_picture(seen)
    assert blind.present.tolist() == [False] * 4 + [True] * 3
    assert (blind.previous, blind.mode, blind.bar_position) == (seen.previous, seen.mode, seen.bar_position)
    assert seen.present[1]  # the row that sees goes on seeing


def test_turned_on_live_the_other_row_begins_with_what_was_seen_and_turned_off_the_model_goes_on_by_itself(decoder):
    inputs, counted = steps(12), Counted(decoder)
    strengths = [1.0] * 4 + [3.0] * 4 + [1.0] * 4
    found = guided(counted, inputs, strengths)
    plain = alone(decoder, inputs)
    assert counted.rows == [1] * 4 + [2] * 4 + [1] * 4
    assert np.array_equal(found[:4], plain[:4])
    assert found[8:] == pytest.approx(plain[8:], abs=TOLERANCE)

    state = decoder.start()
    for each in inputs[:4]:
        decoder.step([each], state)
    blind = np.stack([decoder.step([without_picture(each)], state)[0] for each in inputs[4:8]])
    assert found[4:8] == pytest.approx(blind + 3 * (plain[4:8] - blind), abs=8 * TOLERANCE, rel=1e-4)


def test_a_picture_that_is_absent_pulls_nowhere(decoder):
    inputs = [without_picture(each) for each in steps(6)]
    assert guided(decoder, inputs, [4.0] * 6) == pytest.approx(alone(decoder, inputs), abs=8 * TOLERANCE)
