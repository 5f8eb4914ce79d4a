"""One step of music: that what the picture and the player say reaches model and sampler."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stream_v2m.core.controls import Controls
from stream_v2m.core.features import EMOTION, MOTION, SCENE_OFFSET, Condition
from stream_v2m.core.values import Affect
from stream_v2m.inference import keys
from stream_v2m.inference.composer import Composer, Place
from stream_v2m.inference.decoder import Decoder
from stream_v2m.inference.dynamics import DynamicsModel
from stream_v2m.inference.sampling import Sampler, SamplerConfig
from stream_v2m.vision.window import absent_window

pytestmark = pytest.mark.unit

SHOT = 6  # steps


@pytest.fixture(scope="module")
def models():
    return Decoder.open(), DynamicsModel.open()


def compose(models, controls, *, steps, config=None):
    """Chords of a picture that is cut every ``SHOT`` steps; ``controls`` by step."""
    composer, found = Composer(*models, Sampler(config or SamplerConfig(key="C"))), []
    for step in range(steps):
        window = absent_window(step + 1.0, 1.0)
        window.present[[Condition.EMOTION, Condition.MOTION, Condition.SCENE_OFFSET]] = True
        window.features[SCENE_OFFSET] = step % SHOT + 0.5
        window.features[MOTION] = 10 * (step // SHOT % 3)
        window.features[EMOTION][step // SHOT % 6] = 1.0
        found.append(composer.step(window, Place(1.0, step / 2), controls(step))[0])
    return found


def test_a_place_knows_its_bar_position():
    assert [Place(1.0, bars).bar_position for bars in (0.0, 0.5, 7.25)] == [0.0, 0.5, 0.25]


def test_cuts_ask_for_cadences_as_far_as_the_player_lets_them(models):
    shares = []
    for strength in (0.0, 1.0):
        chords = compose(models, lambda step, s=strength: Controls(seed=1, cut_cadence=s), steps=180)
        ends = [step for step in range(1, 180) if keys.ends(chords[step].key, chords[step - 1], chords[step])]
        shares.append(np.mean([cut in ends or cut + 1 in ends for cut in range(SHOT, 179, SHOT)]))
    assert shares[1] > shares[0] + 0.3


def test_guidance_turned_on_live_changes_what_comes_and_nothing_that_was(models):
    plain = compose(models, lambda step: Controls(seed=2), steps=60)
    guided = compose(models, lambda step: replace(Controls(seed=2), guidance=4.0 if step >= 30 else 1.0), steps=60)
    assert guided[:30] == plain[:30]
    assert guided[30:] != plain[30:]


def test_a_key_that_may_travel_does_so_on_a_phrase(models):
    config = SamplerConfig(key="C", key_change_min=2)
    chords = compose(models, lambda step: Controls(), steps=160, config=config)
    (pivot,) = [step for step in range(1, 160) if chords[step].key != chords[step - 1].key]
    assert pivot >= 118 and (pivot + 2) % 16 == 0
    assert chords[pivot + 2].root == chords[pivot + 2].key.tonic


def seen(time, emotion):
    window = absent_window(time, 1.0)
    window.present[[Condition.EMOTION, Condition.MOTION]] = True
    window.features[EMOTION][emotion] = 1.0
    return replace(window, affect=Affect(tuple(window.features[EMOTION]), 0.0, 0.0))


@pytest.mark.parametrize("guidance", [(1.0, 1.0), (3.0, 3.0), (3.0, 1.0)])
def test_a_step_that_is_revised_is_as_if_it_had_been_chosen_so_at_first(models, guidance):
    at_first, controls = (Controls(seed=3, guidance=each) for each in guidance)
    plain, revising = (Composer(*models, Sampler(SamplerConfig(key="C"))) for _ in range(2))
    changed = []
    for step in range(24):
        place, window = Place(1.0, step / 2), seen(step + 1.0, step // 3 % 6)
        wanted = plain.step(window, place, controls)
        first = revising.step(seen(step + 0.5, (step // 3 + 3) % 6), place, at_first)
        assert revising.revise(window, place, controls) == wanted
        assert revising.revise(window, place, controls) == wanted
        changed.append(first != wanted)
    assert any(changed)
    assert revising.cadence() == plain.cadence()
