"""Which device of FFmpeg a part of the screen is."""

from __future__ import annotations

import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.screen import device_of

pytestmark = pytest.mark.unit

X11 = {"DISPLAY": ":7"}


@pytest.mark.parametrize(
    ("platform", "wish", "address", "options"),
    [
        ("linux", "", ":7", {}),
        ("linux", "640x360+10+20", ":7+10,20", {"video_size": "640x360"}),
        ("linux", "640x360", ":7+0,0", {"video_size": "640x360"}),
        ("linux", "window=0x1e", ":7", {"window_id": "30"}),
        ("darwin", "", "Capture screen 0:none", {}),
        ("darwin", "1", "Capture screen 1:none", {}),
        ("win32", "", "desktop", {}),
        ("win32", "640x360+10+20", "desktop", {"video_size": "640x360", "offset_x": "10", "offset_y": "20"}),
        ("win32", "title=Notepad", "title=Notepad", {}),
    ],
)
def test_a_wish_becomes_a_device(platform: str, wish: str, address: str, options: dict[str, str]):
    device, given = device_of(wish, platform=platform, environment=X11)
    assert (device.address, given) == (address, options)


@pytest.mark.parametrize(
    ("platform", "wish", "environment", "said"),
    [
        ("linux", "", {}, "no X display is here.*set DISPLAY"),
        ("linux", "", X11 | {"XDG_SESSION_TYPE": "wayland"}, "Wayland .*OBS"),
        ("linux", "", {"WAYLAND_DISPLAY": "wayland-0"}, "Wayland .*OBS"),
        ("linux", "640", X11, "no such part of a screen"),
        ("linux", "window=me", X11, "xwininfo"),
        ("darwin", "640x360", {}, "screen:NUMBER"),
        ("win32", "me", {}, "screen:title=WINDOW"),
        ("plan9", "", {}, "plan9"),
    ],
)
def test_what_cannot_be_captured_is_refused_with_the_cure(
    platform: str, wish: str, environment: dict[str, str], said: str
):
    with pytest.raises(SourceError, match=said):
        device_of(wish, platform=platform, environment=environment)
