"""SRT, which PyAV's FFmpeg does not speak: an ffmpeg program reads it and hands it on through a pipe."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import IO
from urllib.parse import parse_qs, urlsplit

import av
from av import FFmpegError, VideoFrame

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import SourceError
from stream_v2m.sources.decode import UNPARSED, decoded, video_of
from stream_v2m.sources.live import LiveSource
from stream_v2m.sources.network import ASK, MICROSECONDS
from stream_v2m.sources.source import SourceConfig
from stream_v2m.sources.word import redacted

# A listener that outlives us (killed, we cannot tell it) gives up after so long.
_LISTEN_S = 60
_CURE = "install an ffmpeg that has it (Debian's, Homebrew's and gyan.dev's have), or name one in source.ffmpeg"
_GRACE_S = 1.0


class SrtStream(LiveSource):
    """Calls, or with ``mode=listener`` in the address waits for a caller.

    The program passes the stream on undecoded, so a picture is decoded once.
    """

    def __init__(self, address: str, config: SourceConfig) -> None:
        super().__init__(redacted(address))
        self._address, self._config = address, config
        self._process: subprocess.Popen[bytes] | None = None
        if parse_qs(urlsplit(address).query).get("mode") == ["listener"]:
            self.awaits = "a caller"

    def close(self) -> None:
        super().close()
        if self._process is not None:
            self._process.kill()

    def pictures(self) -> Iterator[VideoFrame]:
        _check(self._config.ffmpeg)
        while True:
            with self._program() as process:
                said: list[str] = []
                assert process.stderr is not None
                listening = Thread(target=_note, args=(process.stderr, said), name="srt", daemon=True)
                listening.start()
                seen = False
                try:
                    for picture in self._read(process):
                        seen = True
                        yield picture
                except (FFmpegError, ValueError):
                    pass  # what the program says of it says more
            listening.join(_GRACE_S)
            if self.closed.is_set():
                return
            if seen or not self.awaits or not _nobody_came(said):
                raise SourceError(
                    "the stream ended" if seen else "cannot be opened",
                    where=self.name,
                    got=redacted(said[-1]) if said else None,
                    cure=None if seen else ASK,
                )

    def _read(self, process: subprocess.Popen[bytes]) -> Iterator[VideoFrame]:
        assert process.stdout is not None
        options = UNPARSED | {"fpsprobesize": "0"}
        with av.open(process.stdout, "r", "nut", options=options) as container:
            stream = video_of(container, where=self.name, threads=self._config.decode_threads)
            yield from decoded(container, stream, MonotonicClock())

    @contextmanager
    def _program(self) -> Iterator[subprocess.Popen[bytes]]:
        """In a session of its own: Ctrl-C is for us, who may want some more pictures for the cadence."""
        command = [self._config.ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin"]
        command += ["-protocol_whitelist", "srt,udp", "-f", "mpegts", "-fpsprobesize", "0"]
        command += [word for name, value in UNPARSED.items() for word in (f"-{name}", value)]
        if self.awaits:
            command += ["-listen_timeout", str(_LISTEN_S * MICROSECONDS)]
        else:
            command += ["-connect_timeout", str(round(self._config.open_timeout_s * 1000))]
        command += ["-i", self._address, "-map", "0:v:0", "-c", "copy"]
        command += ["-copyinkf:v"]  # unparsed, no packet is known for a key frame, and it would wait for one
        command += ["-f", "nut", "-flush_packets", "1", "pipe:1"]  # NUT tells how long a packet is, MPEG-TS does not
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # what has arrived is read, without waiting for more
            start_new_session=sys.platform != "win32",
        )
        self._process = process
        if self.closed.is_set():  # closed while it was started
            process.kill()
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def _check(program: str) -> None:
    try:
        asked = subprocess.run([program, "-hide_banner", "-protocols"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise SourceError("SRT needs the program ffmpeg", where=program, got=error.strerror, cure=_CURE) from error
    if "srt" not in asked.stdout.partition("Output:")[0].split():
        raise SourceError("this ffmpeg has no SRT", where=program, cure=_CURE)


def _note(stream: IO[bytes], said: list[str]) -> None:
    for line in stream:
        said[:] = [*said, line.decode(errors="replace").strip()][-8:]


def _nobody_came(said: list[str]) -> bool:
    return not said or any("timed out" in line or "Input/output error" in line for line in said)
