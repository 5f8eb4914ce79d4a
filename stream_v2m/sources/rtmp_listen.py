"""RTMP that is published to us: any program that streams (OBS, ffmpeg, a phone) sends, we listen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address
from urllib.parse import urlsplit

from av import FFmpegError, VideoFrame

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.gate import INNER_HOST, Gate, free_port
from stream_v2m.sources.network import NetworkStream
from stream_v2m.sources.source import SourceConfig

USUAL_PORT = 1935


class RtmpListener(NetworkStream):
    """Waits at an address for one publisher; whoever can reach it may publish, so it is this machine's own.

    Raises:
        SourceError: an address that is not loopback, unless ``rtmp_beyond_loopback`` says so.
    """

    awaits = "a publisher"

    def __init__(self, address: str, config: SourceConfig) -> None:
        parts = urlsplit(address)
        super().__init__(f"rtmp://{parts.netloc}{parts.path}", config)
        self.awaits = "a publisher"
        self.name = address
        try:
            self._host, self._port = parts.hostname or INNER_HOST, parts.port or USUAL_PORT
        except ValueError as error:
            raise SourceError("no such port", where=address, expected="1 to 65535") from error
        self._path = parts.path
        if not _is_loopback(self._host) and not config.rtmp_beyond_loopback:
            raise SourceError(
                "anybody who reaches this address could publish, for RTMP asks for no password",
                where=address,
                expected=f"rtmp-listen://127.0.0.1:{self._port}{self._path}",
                cure="or set source.rtmp_beyond_loopback = true where you trust the network",
            )

    def pictures(self) -> Iterator[VideoFrame]:
        while True:
            with closing(Gate(self._host, self._port, where=self.name, closed=self.closed)) as gate:
                if not gate.wait():
                    return
                inner = free_port()
                gate.pass_on(inner)
                try:
                    container = self._opened(f"rtmp://{INNER_HOST}:{inner}{self._path}", self._options())
                except (FFmpegError, OSError, ValueError):
                    continue  # it was no publisher, or it went at once
                with container:
                    yield from self._shown(container)

    def _options(self) -> dict[str, str]:
        return super()._options() | {"listen": "1"}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
