"""A camera of this computer: V4L2 on Linux, AVFoundation on macOS, DirectShow on Windows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av import FFmpegError
from av.container import InputContainer
from av.video.stream import VideoStream

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.live import LiveSource
from stream_v2m.sources.natural import natural
from stream_v2m.sources.reader import Picture
from stream_v2m.sources.source import SourceConfig, SourceInfo

_SYSFS = Path("/sys/class/video4linux")
_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
# AVFoundation says so at once where the others wait for the next picture.
_NOTHING_YET_S = 0.005


@dataclass(frozen=True, slots=True)
class Device:
    """A camera: FFmpeg's input format, its address there, and a name for people."""

    format: str
    address: str
    name: str


class Camera(LiveSource):
    """The camera that ``wish`` describes: nothing (the first), an index, an address or a part of a name.

    Args:
        known: names of the camera that was opened for this wish before, which alone is meant then; it is noted here.
    """

    def __init__(
        self,
        wish: str,
        config: SourceConfig,
        *,
        devices: Callable[[], list[Device]] | None = None,
        known: list[str] | None = None,
    ) -> None:
        super().__init__(f"camera:{wish}" if wish else "camera")
        self._wish, self._config = wish, config
        self._devices = devices or find_cameras
        self._known = [] if known is None else known
        self._device: Device | None = None

    def open(self) -> SourceInfo:
        """Open the device and wait for its first picture, which is thrown away.

        Raises:
            SourceError: there is no such camera (it says which there are), it is in use or may not be
                used, or it gives no picture.
        """
        devices = self._devices()
        self._device = same(self._known[0], devices) if self._known else choose(self._wish, devices)
        self.name = self._device.name
        info = super().open()
        self._known[:] = [self.name]
        return info

    def pictures(self) -> Iterator[Picture]:
        """Read as fast as the camera gives, so that the driver's queue stays empty."""
        assert self._device is not None
        container = _open(self._device, self._config)
        stream = container.streams.video[0]
        self.rate_hz = float(stream.average_rate) if stream.average_rate else None
        seen = False
        for picture in self._read(container, stream):
            seen = True
            yield picture
        if not seen:
            raise SourceError("the camera gives no picture", where=self.name, cure="unplug it and plug it in again")
        raise SourceError("the camera was lost", where=self.name, cure="is it still plugged in?")

    def _read(self, container: InputContainer, stream: VideoStream) -> Iterator[Picture]:
        """Until closed, or the device is lost, or it has given nothing for ``open_timeout_s``."""
        patience = round(self._config.open_timeout_s / _NOTHING_YET_S)
        waits = 0
        with container:
            while not self.closed.is_set() and waits < patience:
                try:
                    # an exception ends PyAV's iterator, hence a new one each time
                    for packet in container.demux(stream):
                        waits = 0
                        yield from _decoded(packet)
                    return
                except BlockingIOError:
                    waits += 1
                    self.closed.wait(_NOTHING_YET_S)
                except FFmpegError:
                    return


def list_cameras(sysfs: Path = _SYSFS) -> list[str]:
    """Names of the cameras; the place in the list is the index that ``camera:INDEX`` means."""
    return [device.name for device in find_cameras(sysfs)]


def find_cameras(sysfs: Path = _SYSFS, *, platform: str = sys.platform) -> list[Device]:
    """The cameras of this computer, in the system's order; none on a system without a known format."""
    kind = _FORMATS.get(platform)
    if kind is None:
        return []
    if kind == "v4l2":
        return _linux_cameras(sysfs)
    try:
        found = av.enumerate_input_devices(kind)
    except (FFmpegError, ValueError):  # no camera at all, or a PyAV built without the format
        return []
    cameras = [(device.name, device.description) for device in found if "video" in device.media_types]
    prefix = "video=" if kind == "dshow" else ""
    return [Device(kind, prefix + name, description or name) for name, description in cameras]


def choose(wish: str, devices: list[Device]) -> Device:
    """The device that is wished for.

    Raises:
        SourceError: none fits; it lists those there are.
    """
    if wish.startswith("/dev/") and Path(wish).exists():
        return Device("v4l2", wish, wish)
    if not devices:
        raise SourceError("no camera is here", where="camera", cure="plug one in, or play `film:`, which needs none")
    if not wish:
        return devices[0]
    if wish.isdecimal():
        fitting = devices[int(wish) : int(wish) + 1]
    else:
        fitting = [device for device in devices if wish.casefold() in device.name.casefold()]
    if not fitting:
        known = ", ".join(f"{index} {device.name}" for index, device in enumerate(devices))
        raise SourceError("no such camera", where="camera", got=repr(wish), expected=f"one of {known}")
    return fitting[0]


def same(name: str, devices: list[Device]) -> Device:
    """The device of this name, at whatever address it is now.

    Raises:
        SourceError: it is not here.
    """
    bare = name.partition(" (/dev/")[0]
    for fits in (lambda each: each.name == name, lambda each: each.name.partition(" (/dev/")[0] == bare):
        for device in filter(fits, devices):
            return device
    raise SourceError("the camera is not here", where=bare, cure="is it still plugged in?")


def _linux_cameras(sysfs: Path) -> list[Device]:
    """One a camera: what has an ``index`` other than 0 gives its metadata, not pictures."""
    devices = []
    for node in sorted(sysfs.glob("video*"), key=lambda node: natural(node.name)):
        if _line(node / "index") in ("", "0"):
            address = f"/dev/{node.name}"
            devices.append(Device("v4l2", address, f"{_line(node / 'name') or 'camera'} ({address})"))
    return devices


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _open(device: Device, config: SourceConfig) -> InputContainer:
    """Open as wished; a camera that has no such size or rate opens as it likes."""
    size = {"video_size": f"{config.camera_width}x{config.camera_height}"}
    rate = {"framerate": f"{config.camera_rate_hz:g}"}
    fault: Exception | None = None
    wishes: tuple[dict[str, str], ...] = (size | rate, rate, {})
    for options in wishes:
        try:
            return av.open(
                device.address,
                "r",
                device.format,
                options=options,
                timeout=(config.open_timeout_s, config.open_timeout_s),
            )
        except PermissionError as error:
            fault = error
            break
        except (FFmpegError, OSError, ValueError) as error:
            fault = fault or error
    assert fault is not None
    raise SourceError(
        "the camera cannot be opened",
        where=device.name,
        got=getattr(fault, "strerror", None) or str(fault),
        cure="is it in use by another program, and may this one use it?",
    ) from fault


def _decoded(packet: av.Packet[VideoStream]) -> Sequence[Picture]:
    """Its pictures; a JPEG as it is, for whoever takes it."""
    if packet.stream.codec_context.name == "mjpeg":
        return [bytes(packet)] if packet.size else []  # FFmpeg's last is empty
    try:
        return packet.decode()
    except FFmpegError:  # a damaged picture, as cameras often give first
        return []
