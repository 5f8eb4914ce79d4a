"""What every source of pictures is: opened once, read frame by frame, closed from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

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
    """

    name: str
    live: bool

    def open(self) -> SourceInfo:
        """Open the device or file; blocks until the first picture is sure to come.

        Raises:
            SourceError: it cannot be opened.
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


class SourceConfig(BaseModel):
    """How sources are opened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seek_s: float = Field(0.0, ge=0, description="where a film begins, in seconds; a loop comes back to here")
    loop: bool = Field(False, description="play a film again and again; its times go on rising")
    decode_threads: int = Field(
        1, ge=1, le=16, description="threads that decode a film; more only on a machine with cores to spare"
    )
    image_rate_hz: float = Field(25.0, gt=0, le=240, description="pictures a second of an image sequence")
    camera_width: int = Field(640, ge=16, le=7680, description="wished width of a camera's picture")
    camera_height: int = Field(480, ge=16, le=4320, description="wished height of a camera's picture")
    camera_rate_hz: float = Field(30.0, gt=0, le=240, description="wished frames a second of a camera")
    open_timeout_s: float = Field(10.0, gt=0, description="give up opening a device after this long")
