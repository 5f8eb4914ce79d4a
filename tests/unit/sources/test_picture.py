"""From decoded pictures to frames."""

from __future__ import annotations

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stream_v2m.sources.picture import FrameMaker
from tests.support.pictures import plain

pytestmark = pytest.mark.unit

# JFIF, full range: Y, Cb, Cr
RED_YUV = (76, 85, 255)


def small(decoded: av.VideoFrame) -> NDArray[np.uint8]:
    return FrameMaker().frame(0.0, decoded).small


def decoded(picture: NDArray[np.uint8]) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(picture, format="rgb24")


def test_small_is_full_range_yuv_of_a_fixed_size_whatever_comes_in():
    red = decoded(plain(255, 0, 0, width=400, height=300))
    for format in ("rgb24", "yuv420p", "yuv444p", "yuvj420p", "bgra", "nv12", "yuv420p10le"):
        seen = small(red.reformat(format=format))
        assert seen.shape == (3, 90, 160) and seen.dtype == np.uint8
        assert seen.mean(axis=(1, 2)) == pytest.approx(RED_YUV, abs=3), format


def test_black_and_white_of_limited_range_become_0_and_255():
    for level, want in ((16, 0), (235, 255)):
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        assert small(frame)[0].mean() == pytest.approx(want, abs=1)


def test_shrinking_averages_so_that_fine_detail_is_grey():
    stripes = np.zeros((720, 1280, 3), np.uint8)
    stripes[:, ::2] = 255
    assert small(decoded(stripes))[0] == pytest.approx(127, abs=3)


def test_the_full_picture_is_made_on_demand_at_the_size_asked_for():
    frame = FrameMaker().frame(3.0, decoded(plain(10, 200, 30)))
    assert frame.time == 3.0
    for width, height in ((336, 336), (64, 48), (17, 9)):
        picture = frame.picture(width, height)
        assert picture.shape == (height, width, 3)
        assert picture[0, 0] == pytest.approx([10, 200, 30], abs=2)
