"""Network cameras that serve motion JPEG over HTTP, in the dialects that there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.source import SourceConfig, SourceInfo
from tests.support.mjpeg_camera import BARE, CHUNKED, MjpegCamera, answer, chunk, grey, mjpeg_camera, part
from tests.support.performing import QUICK, performing
from tests.support.publishers import free_port

pytestmark = pytest.mark.integration

CONFIG = SourceConfig(open_timeout_s=20, stall_s=20)


@contextmanager
def opened(camera: MjpegCamera, first: bytes) -> Iterator[tuple[SourceInfo, Iterator[Frame]]]:
    """The camera's stream, open, after its first picture."""
    camera.send(first)
    source = open_source(camera.address, CONFIG)
    try:
        yield source.open(), source.frames()
    finally:
        source.close()


def brightness(frame: Frame) -> float:
    return float(frame.small[0].mean())


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("boundary", [b"--frame", b"--another", b"----", b"--with spaces"])
def test_a_picture_is_there_with_its_last_byte_before_the_next_boundary(length: bool, boundary: bytes):
    with (
        mjpeg_camera() as camera,
        opened(camera, part(grey(10), length=length, boundary=boundary)) as (info, frames),
    ):
        assert (info.width, info.height, info.rate_hz, info.duration) == (160, 90, None, None)
        for level in (50, 100, 150):
            camera.send(part(grey(level), length=length, boundary=boundary))
            assert brightness(next(frames)) == pytest.approx(level, abs=2)


def test_a_picture_may_come_in_chunks():
    with mjpeg_camera(CHUNKED) as camera, opened(camera, chunk(part(grey(10)))) as (_, frames):
        picture = part(grey(90))
        camera.send(chunk(picture[:300]), chunk(picture[300:301]), chunk(picture[301:]))
        assert brightness(next(frames)) == pytest.approx(90, abs=2)


def test_pictures_may_follow_one_another_with_nothing_between():
    with mjpeg_camera(BARE) as camera, opened(camera, grey(10) + grey(20)) as (_, frames):
        camera.send(grey(90))
        assert brightness(next(frames)) == pytest.approx(90, abs=2)


def test_the_size_may_change():
    with mjpeg_camera() as camera, opened(camera, part(grey(10, 1280, 720))) as (info, frames):
        assert (info.width, info.height) == (1280, 720)
        for width, height in ((1280, 720), (640, 480), (640, 480)):
            camera.send(part(grey(90, width, height)))
            frame = next(frames)
            assert frame.aspect == pytest.approx(width / height)
            assert frame.picture(398, 224).shape == (224, 398, 3)
            assert brightness(frame) == pytest.approx(90, abs=2)


def test_what_is_damaged_is_passed_over():
    with mjpeg_camera() as camera, opened(camera, part(grey(10))) as (_, frames):
        camera.send(part(grey(50)[:200]), part(b"no picture"), part(grey(90)))
        assert brightness(next(frames)) == pytest.approx(90, abs=2)


def test_a_password_in_the_address_is_given_and_never_shown():
    with mjpeg_camera(login="anna:secret") as camera:
        camera.send(part(grey(10)))
        right = open_source(camera.address.replace("//", "//anna:secret@"), CONFIG)
        right.open()
        right.close()
        camera.cut()
        for user in ("", "anna:secrets@"):
            with pytest.raises(SourceError, match=r"401.*USER:PASSWORD") as caught:
                open_source(camera.address.replace("//", f"//{user}"), CONFIG).open()
            assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (answer("image/jpeg", grey(90)), "a single picture, and not a stream"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + grey(90), "a single picture, and not a stream"),
        (answer("text/html", b"\n<!DOCTYPE html><title>Camera</title>"), "a web page, and not a stream"),
        (answer("text/plain", b"busy"), "cannot be opened"),
        (answer("text/html", b"<html>gone", "404 Not Found"), "cannot be opened, got Server returned 404"),
    ],
)
def test_what_is_no_stream_is_called_what_it_is(said: bytes, fault: str):
    with mjpeg_camera(said) as camera:
        camera.cut()
        camera.cut()
        with pytest.raises(SourceError, match=fault):
            open_source(camera.address, CONFIG).open()


def test_a_camera_that_answers_and_then_says_nothing_is_given_up():
    with mjpeg_camera() as camera:
        source = open_source(camera.address, SourceConfig(stall_s=0.5))
        with pytest.raises(SourceError, match="was lost, got no answer in time"):
            source.open()


async def test_a_camera_comes_back():
    port = free_port()
    address = f"http://anna:secret@127.0.0.1:{port}/video"
    async with performing([address], [*QUICK, "source.patient=true"]) as music:
        for _ in range(2):
            with mjpeg_camera(port=port, login="anna:secret", rate_hz=25):
                state = await music.more()
                assert (state.source.status, state.source.width, state.source.height) == ("playing", 160, 90)
                await music.steps()
            await music.lost()
            await music.steps(2)
            assert "secret" not in repr(music.state)
