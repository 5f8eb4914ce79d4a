"""Streams on the network that PyAV reads: RTSP, RTMP, MPEG-TS over UDP, and what ``http`` adds."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av import FFmpegError, VideoFrame
from av.container import InputContainer

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.errors import SourceError
from stream_v2m.sources.decode import UNPARSED, decoded, video_of
from stream_v2m.sources.live import LiveSource
from stream_v2m.sources.reader import Picture
from stream_v2m.sources.source import SourceConfig
from stream_v2m.sources.word import redacted

MICROSECONDS = 1_000_000
ASK = "is the address right, and does somebody send there?"
_PASSWORD = "are user and password right, as in http://USER:PASSWORD@HOST/…?"

# What a stream may open on its own account, by the scheme of its address: never a file of this machine.
_HTTP = "http,https,httpproxy,tcp,tls,crypto"
_PROTOCOLS = {
    "rtsp": "rtsp,rtp,srtp,udp,tcp,tls,http,https",
    "rtsps": "rtsps,rtp,srtp,udp,tcp,tls,http,https",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tcp,tls",
    "udp": "udp",
    "http": _HTTP,
    "https": _HTTP,
}
SCHEMES = tuple(_PROTOCOLS)

# FFmpeg looks at a stream for so long at most to find out what is in it. What it reads meanwhile is decoded
# afterwards, all at once: with its flag "nobuffer" it would be thrown away, and the first key frame with it.
_ANALYSE_S = 2.0
_USUAL = {"analyzeduration": str(round(_ANALYSE_S * MICROSECONDS)), "fpsprobesize": "0"}


class NetworkStream(LiveSource):
    """The stream at an address, shown as it arrives. A stream that ends is lost."""

    def __init__(self, address: str, config: SourceConfig) -> None:
        super().__init__(redacted(address))
        self._address, self._config = address, config
        self._clock = MonotonicClock()
        self._scheme = address.partition("://")[0].lower()
        if self._scheme == "udp":
            self.awaits = "a sender"

    def pictures(self) -> Iterator[Picture]:
        with self._connect("mpegts" if self._scheme == "udp" else None) as container:
            yield from self._shown(container)

    def _connect(self, kind: str | None, **options: str) -> InputContainer:
        while True:
            begun = self._clock.now()
            try:
                return self._opened(self._address, self._options() | options, kind)
            except (FFmpegError, OSError, ValueError) as error:
                silent = self._clock.now() - begun >= self._config.open_timeout_s
                if silent and self.awaits and not self.closed.is_set():
                    continue
                raise self._fault("cannot be opened", error, silent=silent, cure=ASK) from None

    def _opened(self, address: str, options: dict[str, str], kind: str | None = None) -> InputContainer:
        limits = (self._config.open_timeout_s, self._config.stall_s)
        return av.open(address, "r", kind, options=_USUAL | options, timeout=limits)

    def _options(self) -> dict[str, str]:
        options = {"protocol_whitelist": _PROTOCOLS[self._scheme]}
        if self._scheme in ("rtsp", "rtsps"):
            options |= {"rtsp_transport": self._config.rtsp_transport, "allowed_media_types": "video"}
        elif self._scheme == "udp":
            options |= UNPARSED | {"overrun_nonfatal": "1"}
        return options

    def _shown(self, container: InputContainer) -> Iterator[VideoFrame]:
        yield from self._decoded(container)
        raise self._ended()

    def _decoded(self, container: InputContainer) -> Iterator[VideoFrame]:
        stream = video_of(container, where=self.name, threads=self._config.decode_threads)
        try:
            yield from decoded(container, stream, self._clock)
        except FFmpegError as error:
            raise self._lost(error) from None

    def _ended(self) -> SourceError:
        return SourceError("the stream ended", where=self.name)

    def _lost(self, error: FFmpegError) -> SourceError:
        return self._fault("was lost", error, silent=isinstance(error, av.ExitError))

    def _fault(
        self, what: str, error: FFmpegError | OSError | ValueError, *, silent: bool, cure: str | None = None
    ) -> SourceError:
        """Without the error's own text, which has the address in it, credentials too."""
        if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
            cure = _PASSWORD
        got = "no answer in time" if silent else getattr(error, "strerror", None) or type(error).__name__
        return SourceError(what, where=self.name, got=redacted(got), cure=cure)
