"""One WebRTC peer that sends its picture: aiortc, and the few private parts of it that must be reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.exceptions import OperationError
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import PublishError
from stream_v2m.sources.assembly import Assembly
from stream_v2m.sources.backlog import Backlog
from stream_v2m.sources.dialect import for_aiortc, for_sender
from stream_v2m.sources.gaps import Gaps
from stream_v2m.sources.offer import malformed, read_offer
from stream_v2m.sources.reach import Reach

COMPONENT = 1  # RTP; RTCP goes the same way
GATHERING = 3  # seconds that STUN and TURN servers may take to answer; the publisher waits for as long
CLOSING = 5.0  # seconds that a peer may take to be closed


class Peer:
    """Made by ``answer``; its pictures end when it leaves."""

    def __init__(self, connection: RTCPeerConnection, receiver: RTCRtpReceiver, offer: str, clock: Clock) -> None:
        self.sdp = for_sender(connection.localDescription.sdp, offer)
        self.relayed = " typ relay" in self.sdp  # whether a TURN server lends it an address
        self.backlog = _refit(receiver, clock)
        self._connection, self._receiver = connection, receiver
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def answer(cls, offer: str, *, reach: Reach, ice_servers: list[RTCIceServer], clock: Clock) -> Peer:
        """Answer an offer: the first picture in it is taken; sound, and further pictures, are refused.

        Raises:
            PublishError: the offer is wrong, or has no codec that can be decoded.
        """
        text, codecs = read_offer(offer)
        async with AsyncExitStack() as undo:
            connection = RTCPeerConnection(RTCConfiguration(iceServers=ice_servers))
            undo.push_async_callback(connection.close)
            peer = await cls._answer(connection, text, codecs, reach, clock)
            undo.pop_all()
        return peer

    @classmethod
    async def _answer(
        cls, connection: RTCPeerConnection, offer: str, codecs: Sequence[str], reach: Reach, clock: Clock
    ) -> Peer:
        try:
            await connection.setRemoteDescription(RTCSessionDescription(for_aiortc(offer), "offer"))
        except OperationError as error:
            raise _no_codec(codecs) from error
        except (ValueError, TypeError) as error:  # what aiortc makes of numbers and words that are none
            raise malformed("it cannot be understood", got=str(error)) from error
        taken = None
        for transceiver in connection.getTransceivers():
            if taken is None and transceiver.kind == "video" and transceiver.receiver.track is not None:
                taken = transceiver
            else:
                transceiver.direction = "inactive"
        assert taken is not None
        await _gather(connection, reach)
        await connection.setLocalDescription(await connection.createAnswer())
        return cls(connection, taken.receiver, offer, clock)

    async def connected(self) -> bool:
        """Wait until its pictures can come (True), or surely will not (False)."""
        changed = asyncio.Event()
        self._connection.on("connectionstatechange", changed.set)
        transport = self._receiver.transport  # of sound that is apart, nothing need come
        transport.on("statechange", changed.set)
        while transport.state in ("new", "connecting") and self._connection.connectionState in ("new", "connecting"):
            await changed.wait()
            changed.clear()
        return bool(transport.state == "connected")

    async def pictures(self) -> AsyncIterator[VideoFrame]:
        """Every picture, as it is decoded, until the peer leaves or is lost."""
        while True:
            try:
                picture = await self._receiver.track.recv()
            except MediaStreamError:
                return
            if isinstance(picture, VideoFrame):
                yield picture

    async def close(self) -> None:
        """Let go of its sockets and threads, even if who asks is cancelled meanwhile; as often as one likes."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())  # noqa: TID251  (it outlives the group that is cancelled)
        try:
            await asyncio.wait([self._closing])
        except asyncio.CancelledError:  # aiortc, interrupted here, would keep the sockets that are left
            await asyncio.wait([self._closing])
            raise

    async def _close(self) -> None:
        with suppress(TimeoutError):  # nobody is waited for longer
            async with asyncio.timeout(CLOSING):
                await self._connection.close()


async def _gather(connection: RTCPeerConnection, reach: Reach) -> None:
    """Open sockets within reach only: left alone, aioice takes every address but the loopback."""
    gatherers = {transceiver.receiver.transport.transport.iceGatherer for transceiver in connection.getTransceivers()}
    for ice in (gatherer._connection for gatherer in gatherers):
        ice._local_candidates = await ice.get_component_candidates(COMPONENT, list(reach.addresses), GATHERING)
        ice._local_candidates_start = ice._local_candidates_end = True
        for protocol in ice._protocols:
            if protocol.local_candidate.type == "host":  # what a relay hands on was asked for in the configuration
                reach.hold(protocol)
        if not ice._local_candidates:
            raise PublishError(
                "no socket can be opened for it", reason="busy", got=", ".join(reach.addresses), cure="see `--host`"
            )


def _refit(receiver: Any, clock: Clock) -> Backlog:
    """Put what is made for live pictures between the network and the decoder, in the place of aiortc's own parts."""
    backlog = Backlog(behind=receiver._RTCRtpReceiver__decoder_error.set)  # which asks for a key frame
    gaps = Gaps(clock.now)
    receiver._RTCRtpReceiver__decoder_queue = backlog
    receiver._RTCRtpReceiver__nack_generator = gaps
    receiver._RTCRtpReceiver__jitter_buffer = Assembly(backlog.put, receiver._RTCRtpReceiver__codecs, gaps, clock.now)
    return backlog


def _no_codec(codecs: Sequence[str]) -> PublishError:
    offered = list(dict.fromkeys(name for name in codecs if name.lower() not in ("rtx", "red", "ulpfec", "flexfec-03")))
    return PublishError(
        "none of its codecs can be decoded here",
        reason="codec",
        where="SDP offer",
        got=", ".join(offered) or "none",
        expected="VP8 or H.264",
        cure="choose H.264 or VP8 in the sender; in OBS: Settings, Output, Video Encoder",
    )
