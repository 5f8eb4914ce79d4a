"""Motion JPEG is decoded as small as it is looked at, and its true size is known all the same."""

from __future__ import annotations

import numpy as np
import pytest

from stream_v2m.sources.jpeg import PREVIEW, jpeg
from stream_v2m.sources.jpeg_decoder import JpegDecoder, halved, halvings

pytestmark = pytest.mark.unit

GRADIENT = np.linspace(0, 255, 64 * 36 * 3).reshape(36, 64, 3)


def picture(width: int, height: int) -> bytes:
    across, down = -(-width // 64), -(-height // 36)
    return jpeg(GRADIENT.repeat(across, 1).repeat(down, 0)[:height, :width].astype(np.uint8))


@pytest.mark.parametrize(
    ("size", "times"),
    [
        ((320, 180), 0),
        ((638, 480), 0),
        ((640, 480), 1),
        ((1280, 720), 2),
        ((720, 1280), 1),
        ((1366, 769), 2),
        ((1920, 1080), 2),
        ((3840, 2160), 3),
        ((7680, 4320), 3),
    ],
)
def test_a_picture_is_halved_as_often_as_leaves_the_preview_its_size(size: tuple[int, int], times: int):
    assert halvings(*size) == times
    assert all(halved(side, times) >= least for side, least in zip(size, PREVIEW, strict=True))


def test_the_first_picture_of_each_size_is_whole():
    decoder, sizes = JpegDecoder(), []
    for width, height in [(1366, 769)] * 3 + [(640, 480)] * 2 + [(160, 90)] * 2 + [(1366, 769)] * 2:
        decoded = decoder.decode(picture(width, height))
        assert decoded is not None
        sizes.append((decoded.width, decoded.height))
    assert sizes == [(1366, 769), (342, 193), (342, 193), (640, 480), (320, 240)] + [(160, 90)] * 2 + [
        (1366, 769),
        (342, 193),
    ]


def test_what_is_damaged_gives_none_and_the_next_is_decoded():
    decoder = JpegDecoder()
    for damaged in (b"", b"no picture", picture(320, 180)[:20]):
        assert decoder.decode(damaged) is None
        assert decoder.decode(picture(320, 180)) is not None
