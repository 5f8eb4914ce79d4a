"""MPEG-TS of numbered pictures, sent one by one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from threading import Event, Thread
from typing import IO

import av

from tests.support.publisher import numbered

RATE = 25
_SIZE = (320, 192)
_ENCODER = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "keyint=10:repeat-headers=1"}
_LENGTHS = {"omit_video_pes_length": "0"}  # each picture's, so that its end is known without the next one
_FLUSHED = {"flush_packets": "1"}
# An ffmpeg that hands on each picture when it has it.
_CALLER = "ffmpeg -loglevel error -fflags noparse -fpsprobesize 0 -analyzeduration 500000 -f mpegts -i pipe:0"
_CALLER += " -c copy -copyinkf:v -omit_video_pes_length 0 -flush_packets 1 -f mpegts"


class Sender:
    """Sends 25 numbered pictures a second, until it is told to stop.

    Attributes:
        last: the number of the picture that was sent last.
    """

    def __init__(self, to: str | IO[bytes]) -> None:
        self.last = -1
        self._to, self._stopped = to, Event()
        self._thread = Thread(target=self._send, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send no more; the stream is not ended."""
        self._stopped.set()
        self._thread.join()

    def _send(self) -> None:
        self._container = av.open(self._to, "w", "mpegts", options=_LENGTHS | _FLUSHED)
        stream = self._container.add_stream("libx264", rate=RATE, options=_ENCODER)
        stream.width, stream.height, stream.pix_fmt = *_SIZE, "yuv420p"
        while not self._stopped.wait(1 / RATE):
            picture = numbered(self.last + 1, _SIZE)
            picture.pts, picture.time_base = self.last + 1, Fraction(1, RATE)
            self._container.mux(stream.encode(picture))
            self.last += 1


@contextmanager
def calling(address: str) -> Iterator[IO[bytes]]:
    """An ffmpeg that sends to an SRT address what is written to it."""
    with subprocess.Popen([*_CALLER.split(), address], stdin=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        try:
            yield process.stdin
        finally:
            process.kill()
