"""What every source of pictures is: opened once, read frame by frame, closed from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from stream_v2m.core.values import Frame


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known once a source is open.

    Attributes:
        width, height: of the picture as it is to be seen, in pixels.
        rate_hz: nominal frames a second; None: unknown or varying without end.
        duration: seconds of the film; None: unknown, or live.
    """

    name: str
    width: int
    height: int
    rate_hz: float | None
    duration: float | None


class Source(Protocol):
    """Pictures, one after the other. It serves once: to try again, make a new one from the same spec.

    Attributes:
        name: what to call it in a status line.
        live: frames come when they come, with ``Frame.time`` 0.0, which the reader replaces by the arrival.
            Otherwise ``Frame.time`` is the film's own time, strictly rising from 0, and the reader paces.

    A source that can only wait for somebody to send says for whom in an attribute ``awaits`` (``"a publisher"``):
    its ``open`` then has all the time in the world, and ``awaited`` tells.
    """

    name: str
    live: bool

    def open(self) -> SourceInfo:
        """Open the device or file; blocks until the first picture is sure to come, or ``close``.

        Raises:
            SourceError: it cannot be opened, or was closed meanwhile.
        """
        ...

    def frames(self) -> Iterator[Frame]:
        """Read; blocks for each frame; ends at the film's end and soon after ``close``.

        Raises:
            SourceError: the source was lost.
        """
        ...

    def close(self) -> None:
        """Let go of the device; from any thread, as often as one likes, without waiting for the reader."""
        ...


def awaited(source: Source) -> str | None:
    """For whom an open source waits, if for anybody."""
    awaits: str | None = getattr(source, "awaits", None)
    return awaits


class SourceConfig(BaseModel):
    """How sources are opened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seek_s: float = Field(0.0, ge=0, description="where a film begins, in seconds; a loop comes back to here")
    loop: bool = Field(False, description="play a film again and again; its times go on rising")
    decode_threads: int = Field(
        1,
        ge=1,
        le=16,
        description="threads that decode: 2 are quicker with a film, and with a stream whose pictures come in slices",
    )
    image_rate_hz: float = Field(25.0, gt=0, le=240, description="pictures a second of an image sequence")
    camera_width: int = Field(640, ge=16, le=7680, description="wished width of a camera's picture")
    camera_height: int = Field(480, ge=16, le=4320, description="wished height of a camera's picture")
    camera_rate_hz: float = Field(30.0, gt=0, le=240, description="wished frames a second of a camera")
    open_timeout_s: float = Field(10.0, gt=0, description="give up opening a device or an address after this long")
    stall_s: float = Field(3.0, gt=0, description="a live source without a picture for so long is lost")
    retry_first_s: float = Field(0.5, gt=0, description="a lost source is tried again after about so long")
    retry_most_s: float = Field(10.0, gt=0, description="and then ever more rarely, up to this")
    rtsp_transport: Literal["tcp", "udp"] = Field("tcp", description="how RTSP brings its pictures")
    rtmp_beyond_loopback: bool = Field(
        False, description="let rtmp-listen take publishers from other machines: nobody is asked for a password"
    )
    ffmpeg: str = Field("ffmpeg", description="the program that reads SRT")
    patient: bool = Field(False, description="try again even if the first source was never there")
    latency_ms: dict[str, Annotated[float, Field(ge=0, le=5000)]] = Field(
        {},
        description="how old a live source's picture is when it arrives, by the source's name; "
        "`stream-v2m calibrate camera` measures it",
    )
    named: dict[str, SecretStr] = Field({}, description="more sources to switch to, by name; nobody prints them")

    def latency(self, opened: str, given: str) -> float:
        """Seconds that a picture of a live source is old when it arrives, as far as that was measured.

        Args:
            opened: the source's name once it is open.
            given: what the performance calls it.
        """
        known = (self.latency_ms[name] for name in (lasting_name(opened), given) if name in self.latency_ms)
        return next(known, 0.0) / 1000


def lasting_name(name: str) -> str:
    """A source's name without the address of a device, which may be another when it is plugged in again."""
    return name.partition(" (/dev/")[0]
