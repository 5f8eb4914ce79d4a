"""The newest picture wins, and a JPEG that nobody takes is never decoded."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.reader import Reader
from tests.support.mjpeg_camera import grey

pytestmark = pytest.mark.unit


def test_of_jpegs_that_came_meanwhile_the_newest_is_taken():
    read = Event()

    def pictures() -> Iterator[bytes]:
        yield b"no JPEG: it would be damaged"
        yield grey(50)
        yield grey(150)
        read.set()

    reader = Reader("test", pictures)
    reader.start()
    read.wait()
    picture = reader.take()
    assert picture is not None
    assert picture.to_ndarray(format="gray").mean() == pytest.approx(150, abs=2)
    assert reader.take() is None


def test_a_damaged_jpeg_is_passed_over_up_to_the_fault_that_follows():
    def pictures() -> Iterator[bytes]:
        yield b"no JPEG"
        raise SourceError("gone")

    reader = Reader("test", pictures)
    reader.start()
    with pytest.raises(SourceError, match="gone"):
        reader.take()
