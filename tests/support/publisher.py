"""A WebRTC peer that publishes numbered pictures, as OBS or a phone would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.values import Frame
from stream_v2m.sources.inlet import Inlet, Publication
from stream_v2m.sources.webrtc_config import WebRTCConfig

BITS = 16
_CLOCK = 90_000


class Numbered(MediaStreamTrack):
    """Pictures with their number in black and white bars; ``rate_hz`` of them a second."""

    kind = "video"

    def __init__(self, rate_hz: float = 30, size: tuple[int, int] = (320, 180)) -> None:
        super().__init__()
        self.sent = 0
        self._rate_hz, self._size = rate_hz, size
        self._next = 0.0

    async def recv(self) -> av.VideoFrame:
        loop = asyncio.get_running_loop()
        self._next = max(self._next + 1 / self._rate_hz, loop.time())
        await asyncio.sleep(self._next - loop.time())
        frame = numbered(self.sent, self._size)
        frame.pts, frame.time_base = int(self.sent * _CLOCK / self._rate_hz), Fraction(1, _CLOCK)
        self.sent += 1
        return frame


def numbered(number: int, size: tuple[int, int]) -> av.VideoFrame:
    """A picture with its number in bars."""
    width, height = size
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    bars = [235 if number >> bit & 1 else 16 for bit in range(BITS)]
    picture[:height] = np.repeat(np.array(bars, np.uint8), width // BITS)
    return av.VideoFrame.from_ndarray(picture, "yuv420p")


def number_of(frame: Frame) -> int:
    """The number in the bars of a picture."""
    luma = frame.small[0]
    width = luma.shape[1] // BITS
    return sum(int(luma[:, bit * width + 2 : (bit + 1) * width - 2].mean() > 128) << bit for bit in range(BITS))


class Publisher:
    """A peer connection with one track; ``offer`` first, then ``accept`` the answer."""

    def __init__(self, track: MediaStreamTrack, *, codec: str = "VP8", sound: bool = False) -> None:
        self.track = track
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTrack(track)
        codecs = RTCRtpSender.getCapabilities("video").codecs
        self.connection.getTransceivers()[0].setCodecPreferences([each for each in codecs if codec in each.mimeType])
        if sound:
            self.connection.addTransceiver("audio", direction="sendonly")

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def publish(self, inlet: Inlet, *, takeover: bool = False) -> Publication:
        publication = await inlet.publish(await self.offer(), takeover=takeover)
        await self.accept(publication.answer)
        return publication

    async def close(self) -> None:
        await self.connection.close()


@asynccontextmanager
async def running_inlet(
    config: WebRTCConfig | None = None, *, host: str = "127.0.0.1", notice: Callable[[str], None] = print
) -> AsyncIterator[Inlet]:
    """An inlet that runs for the length of the block."""
    inlet = Inlet(config or WebRTCConfig(), host=host, clock=MonotonicClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(inlet.run(notice))
        await asyncio.sleep(0)
        try:
            yield inlet
        finally:
            running.cancel()


@asynccontextmanager
async def publisher(track: MediaStreamTrack | None = None, **options: object) -> AsyncIterator[Publisher]:
    """A publisher that is closed at the end of the block."""
    made = Publisher(track or Numbered(), **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


async def until(condition: Callable[[], bool], what: str, patience: float = 15.0) -> None:
    """Return when ``condition`` holds.

    Raises:
        AssertionError: it does not come to hold.
    """
    try:
        async with asyncio.timeout(patience):
            while not condition():  # noqa: ASYNC110 - it may be anything
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"{what} did not come") from None
