"""Which camera is meant, and how one is read; FFmpeg's own test picture stands in for a device."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.camera import Camera, Device, choose, find_cameras, list_cameras
from stream_v2m.sources.source import SourceConfig

pytestmark = pytest.mark.unit

TEST_PICTURE = Device("lavfi", "testsrc=size=96x72:rate=30", "Test")
DEVICES = [
    Device("v4l2", "/dev/video0", "Laptop Cam (/dev/video0)"),
    Device("v4l2", "/dev/video2", "Logitech C920 (/dev/video2)"),
]


def sysfs(root: Path, **nodes: tuple[str, str]) -> Path:
    for node, (name, index) in nodes.items():
        (root / node).mkdir()
        (root / node / "name").write_text(name + "\n")
        (root / node / "index").write_text(index + "\n")
    return root


def camera(device: Device = TEST_PICTURE) -> Camera:
    return Camera("", SourceConfig(open_timeout_s=1), devices=lambda: [device])


def jpeg_camera(folder: Path, *, pictures: int = 30) -> Camera:
    film = folder / "camera.avi"
    with av.open(str(film), "w") as output:
        stream = output.add_stream("mjpeg", 30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        grey = av.VideoFrame.from_ndarray(np.full((480, 640), 90, np.uint8), format="gray")
        for _ in range(pictures):
            output.mux(stream.encode(grey.reformat(format="yuvj420p")))
        output.mux(stream.encode(None))
    return camera(Device("avi", str(film), "Test"))


def test_linux_cameras_are_listed_in_order_without_their_metadata_nodes(tmp_path: Path):
    root = sysfs(tmp_path, video10=("Third", "0"), video2=("Logitech C920", "0"), video3=("Logitech C920", "1"))
    (root / "video0").mkdir()
    assert list_cameras(root)[1:] == ["Logitech C920 (/dev/video2)", "Third (/dev/video10)"]
    assert find_cameras(root, platform="linux")[0] == Device("v4l2", "/dev/video0", "camera (/dev/video0)")


def test_a_computer_without_cameras_lists_none(tmp_path: Path):
    assert list_cameras(tmp_path / "nothing") == []
    assert find_cameras(platform="plan9") == []


@pytest.mark.parametrize(
    ("wish", "place"), [("", 0), ("0", 0), ("1", 1), ("logi", 1), ("Laptop Cam", 0), ("video2", 1)]
)
def test_a_camera_is_meant_by_index_or_part_of_its_name(wish: str, place: int):
    assert choose(wish, DEVICES) == DEVICES[place]


def test_a_device_file_is_taken_as_it_stands():
    assert choose("/dev/null", DEVICES).address == "/dev/null"


@pytest.mark.parametrize("wish", ["2", "nikon", "/dev/video99"])
def test_a_camera_that_is_not_there_is_refused_with_those_that_are(wish: str):
    with pytest.raises(SourceError, match=r"got '.*', expected one of 0 Laptop Cam .*, 1 Logitech C920"):
        choose(wish, DEVICES)


def test_without_any_camera_the_error_says_so_and_what_needs_none():
    with pytest.raises(SourceError, match=r"no camera is here; .*`film:`"):
        Camera("", SourceConfig(), devices=list).open()


def test_a_camera_is_live_and_its_frames_bear_no_time_of_their_own():
    source = camera()
    info = source.open()
    assert source.live and source.name == "Test"
    assert (info.width, info.height, info.rate_hz, info.duration) == (96, 72, 30, None)
    frames = source.frames()
    assert [next(frames).time for _ in range(3)] == [0.0, 0.0, 0.0]
    source.close()
    assert list(frames) == []


def test_a_camera_that_is_lost_ends_in_an_error():
    source = camera(Device("lavfi", "testsrc=size=96x72:rate=30:duration=0.2", "Test"))
    source.open()
    with pytest.raises(SourceError, match="Test: the camera was lost"):
        list(source.frames())


def test_a_camera_that_sends_jpegs_is_known_by_its_true_size(tmp_path: Path):
    source = jpeg_camera(tmp_path)
    info = source.open()
    assert (info.width, info.height) == (640, 480)
    with pytest.raises(SourceError, match="Test: the camera was lost"):
        list(source.frames())


def test_the_last_jpeg_of_a_camera_is_not_replaced_by_nothing(tmp_path: Path):
    source = jpeg_camera(tmp_path, pictures=3)
    source.open()
    pictures = source.pictures()
    assert all(next(pictures) for _ in range(3))
    with pytest.raises(SourceError, match="Test: the camera was lost"):
        next(pictures)


def test_a_device_that_is_no_camera_is_refused():
    with pytest.raises(SourceError, match="Null: the camera cannot be opened"):
        camera(Device("v4l2", "/dev/null", "Null")).open()
