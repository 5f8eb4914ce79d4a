import math

import numpy as np
import pytest

from stream_v2m.vision.color import measure_color
from tests.support.scenes import Scene, exposed, plain

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("luma", "brightness"), [(0, 0.0), (51, 0.2), (255, 1.0)])
def test_a_grey_picture_is_as_bright_as_its_luma_and_has_no_colour(luma: int, brightness: float):
    color = measure_color(plain(luma))
    assert color.brightness == pytest.approx(brightness, abs=1e-6)
    assert (color.saturation, color.contrast, color.warmth) == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)


def test_red_is_warm_and_blue_is_cold():
    red, blue = measure_color(plain(100, blue=100, red=190)), measure_color(plain(100, blue=190, red=100))
    assert red.warmth == pytest.approx(90 / 255)
    assert blue.warmth == pytest.approx(-90 / 255)


def test_saturation_is_the_chromas_distance_from_grey_and_ends_at_1():
    assert measure_color(plain(100, blue=128 + 30, red=128 - 40)).saturation == pytest.approx(0.5)
    assert measure_color(plain(100, blue=255, red=255)).saturation == 1.0


def test_contrast_is_the_deviation_of_luma():
    small = plain(0)
    small[0, :, 80:] = 200
    assert measure_color(small).contrast == pytest.approx(100 / 128)
    scene = Scene(0).at()
    assert measure_color(scene).contrast == pytest.approx(scene[0].std() / 128, rel=0.05)


def hued(luma: int, *angles: float, vivid: float = 80.0) -> np.ndarray:
    """Stripes of hues at these angles of the chroma plane, in degrees."""
    small = plain(luma)
    for stripe, angle in zip(np.array_split(np.arange(160), len(angles)), angles, strict=True):
        small[1, :, stripe] = round(128 + vivid * math.cos(math.radians(angle)))
        small[2, :, stripe] = round(128 + vivid * math.sin(math.radians(angle)))
    return small


def test_variety_counts_hues_as_far_as_they_are_vivid():
    one, two, four = (measure_color(hued(120, *angles)).variety for angles in ((10,), (10, 130), (10, 100, 190, 280)))
    assert one == pytest.approx(0.0, abs=1e-6)
    assert two == pytest.approx(0.8 / 3, abs=0.01) and four == pytest.approx(0.8, abs=0.01)
    assert measure_color(hued(120, 10, 100, 190, 280, vivid=4.0)).variety < 0.05


def test_variety_is_seen_by_what_is_lit():
    small = hued(200, 10, 100, 190, 280)
    small[0, 30:] = 4  # the greater part is dark and grey
    small[1:, 30:] = 128
    assert measure_color(small).variety > 0.7


def test_grey_and_its_noise_have_no_variety():
    noise = np.random.default_rng(0).integers(-3, 4, (3, 90, 160))
    assert measure_color(plain(128)).variety == 0.0
    assert measure_color((plain(128) + noise).astype(np.uint8)).variety < 0.06


def test_a_quarter_of_the_rows_tells_as_much_as_the_whole_picture():
    small = Scene(3).at()
    luma, blue, red = small.astype(np.float64)
    color = measure_color(small)
    assert color.brightness == pytest.approx(luma.mean() / 255, abs=0.01)
    assert color.saturation == pytest.approx(np.hypot(blue - 128, red - 128).mean() / 100, abs=0.01)
    assert color.warmth == pytest.approx((red - blue).mean() / 255, abs=0.01)


def test_a_longer_exposure_is_brighter():
    small = Scene(3).at()
    assert measure_color(exposed(small, 1.4)).brightness > 1.2 * measure_color(small).brightness


def test_every_measure_is_finite_at_the_extremes():
    for luma in (0, 255):
        for chroma in (0, 255):
            color = measure_color(plain(luma, blue=chroma, red=255 - chroma))
            assert all(
                map(math.isfinite, (color.brightness, color.saturation, color.contrast, color.warmth, color.variety))
            )
            assert 0 <= color.contrast <= 1 and -1 <= color.warmth <= 1
