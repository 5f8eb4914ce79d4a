"""Zones: how they are written, and that each tells what moves in it."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from stream_v2m.core.features import SCENE_OFFSET
from stream_v2m.core.values import Event
from stream_v2m.vision.blocks import COLUMNS, ROWS
from stream_v2m.vision.observer import Observer, VisionConfig
from stream_v2m.vision.zones import ZoneMeter
from tests.support.scenes import Scene, Small, filmed

pytestmark = pytest.mark.unit

A = Scene(0)


def zones(written: object) -> dict[str, tuple[float, ...]]:
    return dict(VisionConfig.model_validate({"zones": written}).zones)


def test_a_grid_has_a_name_for_every_zone():
    assert zones("2x1") == {"left": (0, 0, 0.5, 1), "right": (0.5, 0, 1, 1)}
    assert list(zones("1x2")) == ["top", "bottom"]
    assert list(zones("3x2")) == ["a1", "b1", "c1", "a2", "b2", "c2"]
    assert zones("3x2")["b2"] == pytest.approx((1 / 3, 0.5, 2 / 3, 1))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("many", "a grid of up to 16x9 zones"),
        ("17x1", "a grid of up to 16x9 zones"),
        ("0x2", "a grid of up to 16x9 zones"),
        ({"left": [0.5, 0, 0.5, 1]}, "left before right"),
        ({"left": [0, 0, 1.5, 1]}, "less than or equal to 1"),
        ({"1st": [0, 0, 1, 1]}, "no zone's name"),
    ],
)
def test_zones_that_make_no_sense_are_refused(written: object, words: str):
    with pytest.raises(ValidationError, match=words):
        zones(written)


def test_a_zones_mean_counts_parts_of_blocks():
    blocks = np.zeros((ROWS, COLUMNS), np.float32)
    blocks[:, 0] = 1
    meter = ZoneMeter({"whole": (0, 0, 1, 1), "column": (0, 0, 1 / COLUMNS, 1), "wider": (0, 0, 1.5 / COLUMNS, 0.3)})
    assert meter.names == ("whole", "column", "wider")
    assert meter.means(blocks.ravel()) == pytest.approx([1 / COLUMNS, 1, 2 / 3])


def moving_left(time: float) -> Small:
    """The left half of the picture moves."""
    picture = A.at().copy()
    picture[:, :, :80] = A.at(x=60 * time)[:, :, :80]
    return picture


def test_what_moves_on_the_left_is_the_left_zones_and_the_zones_fall_as_motion_does():
    observer = Observer(VisionConfig.model_validate({"zones": "2x1"}))
    assert observer.zones == ("left", "right")
    seen = [observer.see(frame, span=1.0).cues[0] for frame in filmed(lambda time: moving_left(min(time, 1)), 1.4)]
    assert seen[0].zones == (0.0, 0.0)
    left, right = zip(*(cue.zones for cue in seen), strict=True)
    assert left[29] > 0.3 > 20 * right[29]
    assert left[-1] < 0.3 * left[29]


def test_without_zones_a_cue_tells_of_none():
    observer = Observer(VisionConfig())
    assert all(observer.see(frame, span=1.0).cues[0].zones == () for frame in filmed(moving_left, 0.3))


def test_a_picture_of_another_stream_is_no_cut_no_motion_and_a_new_scene():
    observer = Observer(VisionConfig())
    pictures = list(filmed(lambda time: A.at(x=5 * time) if time < 1 else Scene(1).at(x=5 * time), 2.0))
    alone = [observer.see(frame, span=1.0) for frame in pictures]
    assert Event.CUT in [cue.event for sight in alone for cue in sight.cues]
    observer, switched = Observer(VisionConfig()), []
    for frame in pictures:
        switched.append(observer.see(replace(frame, stream=int(frame.time > 1 - 1e-6)), span=1.0))
    assert [cue.event for sight in switched for cue in sight.cues if cue.event] == []
    assert max(sight.cues[0].motion for sight in switched) == pytest.approx(switched[28].cues[0].motion, abs=0.05)
    assert switched[-1].window.features[SCENE_OFFSET] == pytest.approx(29 / 30)
