"""JPEG pictures are found in a stream of bytes, whatever stands between them."""

from __future__ import annotations

import numpy as np
import pytest

from stream_v2m.sources import jpeg_finder
from stream_v2m.sources.jpeg import jpeg
from stream_v2m.sources.jpeg_finder import JpegFinder

pytestmark = pytest.mark.unit

NOISE = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), np.uint8)
FIRST, SECOND = jpeg(NOISE[0]), jpeg(NOISE[1])
BOUNDARY = b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n"


def with_thumbnail(picture: bytes) -> bytes:
    """With another JPEG in a segment of its own, as EXIF has it."""
    thumbnail = b"Exif\0\0" + SECOND
    return picture[:2] + b"\xff\xe1" + (2 + len(thumbnail)).to_bytes(2, "big") + thumbnail + picture[2:]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 1_000_000])
def test_each_picture_comes_with_its_last_byte_however_the_bytes_are_cut(size: int):
    stream = BOUNDARY + FIRST + BOUNDARY + with_thumbnail(FIRST) + SECOND + BOUNDARY
    ends = [len(BOUNDARY + FIRST)]
    ends += [ends[0] + len(BOUNDARY + with_thumbnail(FIRST))]
    ends += [ends[1] + len(SECOND)]
    finder, found, fed = JpegFinder(), [], 0
    while fed < len(stream):
        pictures = finder.feed(stream[fed : fed + size])
        fed += size
        found += pictures
        assert len(found) == sum(end <= fed for end in ends)
    assert found == [FIRST, with_thumbnail(FIRST), SECOND]


@pytest.mark.parametrize("end", [2, 10, 100, 200, len(FIRST) // 2, len(FIRST) - 1])
def test_a_picture_that_is_broken_off_costs_few_others(end: int):
    finder = JpegFinder()
    found = [picture for _ in range(60) for picture in finder.feed(FIRST[:end] + BOUNDARY + SECOND)]
    assert SECOND in found
    assert all(picture.endswith(SECOND) for picture in found)


def test_what_holds_no_picture_is_not_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jpeg_finder, "MOST", 1000)
    finder = JpegFinder()
    assert finder.feed(b"<html>" * 10_000) == []
    assert finder.feed(FIRST[:-2] + bytes(1000)) == []
    assert finder.feed(SECOND) == [SECOND]
