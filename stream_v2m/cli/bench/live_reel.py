"""The reel as a live source: each packet comes when a camera would have sent it, and is decoded as a stream is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import cast

import av
from av import Packet, VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from stream_v2m.core.clock import Clock
from stream_v2m.core.stamps import Stamps
from stream_v2m.core.values import Frame
from stream_v2m.sources.decode import decoded, video_of
from stream_v2m.sources.live import LiveSource
from stream_v2m.sources.picture import FrameMaker

LEAD = 0.05  # seconds from opening to the first packet


class LiveReel(LiveSource):
    """Plays an encoded film round after round, without a pause between.

    Attributes:
        started: session second at which frame 0 is there; frame n is there n / ``rate_hz`` later.

    Args:
        frames: of one round.
        threads: of the decoder.
        packets: frame number, its packet read, its picture decoded; by the thread that reads.
        pictures: frame number, its picture taken from the reader, made small; by the performance's.
    """

    def __init__(
        self,
        path: Path,
        frames: int,
        rate_hz: float,
        *,
        threads: int,
        clock: Clock,
        packets: Stamps,
        pictures: Stamps,
    ) -> None:
        super().__init__("reel")
        self.started = 0.0
        self._path, self._frames, self._rate_hz, self._threads = path, frames, rate_hz, threads
        self._clock, self._packets, self._pictures = clock, packets, pictures
        self._read = 0.0

    def pictures(self) -> Iterator[VideoFrame]:
        with av.open(str(self._path)) as container:
            stream = video_of(container, where=self.name, threads=self._threads)
            self.started = self._clock.now() + LEAD
            paced = cast(InputContainer, _Paced(self, container))
            for picture in decoded(paced, stream, self._clock):
                self._packets.add(self._number(picture), self._read, self._clock.now())
                yield picture

    def frames(self) -> Iterator[Frame]:
        maker = FrameMaker()
        while (picture := self._reader.take()) is not None:
            taken = self._clock.now()
            frame = maker.frame(0.0, picture)
            self._pictures.add(self._number(picture), taken, self._clock.now())
            yield frame

    def packets(self, container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
        """Those of round after round, each when it is due."""
        assert stream.time_base is not None
        length = round(self._frames / self._rate_hz / stream.time_base)
        for lap in count():
            for packet in container.demux(stream):
                if packet.pts is None or packet.dts is None:
                    continue  # the end: the decoder need not be drained, nothing waits in it
                packet.pts, packet.dts = packet.pts + lap * length, packet.dts + lap * length
                due = self.started + float(packet.pts * stream.time_base)
                if self.closed.wait(max(0.0, due - self._clock.now())):
                    return
                self._read = self._clock.now()
                yield packet
            container.seek(0)

    def _number(self, picture: VideoFrame) -> int:
        assert picture.time is not None
        return round(picture.time * self._rate_hz)


class _Paced:
    """What ``decoded`` asks a container for."""

    def __init__(self, reel: LiveReel, container: InputContainer) -> None:
        self._reel, self._container = reel, container

    def demux(self, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
        return self._reel.packets(self._container, stream)
