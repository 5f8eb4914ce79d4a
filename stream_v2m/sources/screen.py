"""The screen as a source: the whole of it, a part, or a window, where FFmpeg can capture it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping

import av
from av import FFmpegError, VideoFrame

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import SourceError
from stream_v2m.sources.camera import Device
from stream_v2m.sources.decode import decoded, video_of
from stream_v2m.sources.live import LiveSource
from stream_v2m.sources.source import SourceConfig

_REGION = re.compile(r"(\d+)x(\d+)(?:\+(\d+)\+(\d+))?")
_EXPECTED = "screen:, screen:WIDTHxHEIGHT+X+Y"


class Screen(LiveSource):
    """``screen:`` with what is wished for behind the colon; nothing is the whole screen."""

    def __init__(
        self,
        wish: str,
        config: SourceConfig,
        *,
        platform: str = sys.platform,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(f"screen:{wish}")
        self._config = config
        self._device, self._options = device_of(wish, platform=platform, environment=environment)

    def pictures(self) -> Iterator[VideoFrame]:
        options = {"framerate": f"{self._config.camera_rate_hz:g}"} | self._options
        limits = (self._config.open_timeout_s, self._config.stall_s)
        try:
            container = av.open(self._device.address, "r", self._device.format, options=options, timeout=limits)
        except (FFmpegError, OSError, ValueError) as error:
            raise SourceError(
                "cannot be captured",
                where=self.name,
                got=getattr(error, "strerror", None) or str(error),
                cure=_CURES.get(self._device.format),
            ) from error
        with container:
            stream = video_of(container, where=self.name, threads=self._config.decode_threads)
            try:
                yield from decoded(container, stream, MonotonicClock())
            except FFmpegError as error:
                raise SourceError("was lost", where=self.name, got=error.strerror) from error
        raise SourceError("was lost", where=self.name)


_CURES = {
    "x11grab": "is the part within the screen, and is the window still there?",
    "avfoundation": "allow it: System Settings, Privacy & Security, Screen Recording; then start again",
}


def device_of(wish: str, *, platform: str, environment: Mapping[str, str]) -> tuple[Device, dict[str, str]]:
    """FFmpeg's device for a wish, and its options.

    Raises:
        SourceError: a wish that cannot be understood or met on this system.
    """
    match platform:
        case "linux":
            return _x11(wish, environment)
        case "darwin":
            if wish and not wish.isdecimal():
                raise _wrong(wish, "screen: or screen:NUMBER")
            # the name that FFmpeg's avfoundation gives a screen; without sound
            return Device("avfoundation", f"Capture screen {wish or 0}:none", "screen"), {}
        case "win32":
            title = wish.removeprefix("title=")
            if title != wish:
                return Device("gdigrab", f"title={title}", title), {}
            region = _region(wish, f"{_EXPECTED} or screen:title=WINDOW")
            if region is None:
                return Device("gdigrab", "desktop", "screen"), {}
            size, x, y = region
            return Device("gdigrab", "desktop", "screen"), {"video_size": size, "offset_x": x, "offset_y": y}
    raise SourceError("FFmpeg captures no screen on this system", where="screen:", got=platform)


def _x11(wish: str, environment: Mapping[str, str]) -> tuple[Device, dict[str, str]]:
    display = environment.get("DISPLAY")
    if environment.get("XDG_SESSION_TYPE") == "wayland" or (environment.get("WAYLAND_DISPLAY") and not display):
        raise SourceError(
            "Wayland lets no program see the screen but by its portal, which FFmpeg does not speak",
            where="screen:",
            cure="capture it in OBS and play `rtmp-listen://127.0.0.1:1935/live` or its virtual camera, "
            "share it from a browser, or log in to an X11 session",
        )
    if not display:
        raise SourceError("no X display is here", where="screen:", cure="set DISPLAY, such as :0")
    window = wish.removeprefix("window=")
    if window != wish:
        try:
            return Device("x11grab", display, "window"), {"window_id": str(int(window, 0))}
        except ValueError:
            raise _wrong(wish, "screen:window=0x1e00003, as `xwininfo` tells") from None
    region = _region(wish, f"{_EXPECTED} or screen:window=ID")
    if region is None:
        return Device("x11grab", display, "screen"), {}
    size, x, y = region
    return Device("x11grab", f"{display}+{x},{y}", "screen"), {"video_size": size}


def _region(wish: str, expected: str) -> tuple[str, str, str] | None:
    """Size, and place from the top left corner; None for the whole screen."""
    if not wish:
        return None
    match = _REGION.fullmatch(wish)
    if match is None:
        raise _wrong(wish, expected)
    width, height, x, y = match.groups()
    return f"{width}x{height}", x or "0", y or "0"


def _wrong(wish: str, expected: str) -> SourceError:
    return SourceError("no such part of a screen", where="screen:", got=repr(wish), expected=expected)
