"""The inlet: where one publisher at a time sends a picture by WebRTC, and sources take it from."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from threading import Lock

from aiortc import RTCIceServer
from av import VideoFrame

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import PublishError
from stream_v2m.sources.newest import Newest
from stream_v2m.sources.peer import Peer
from stream_v2m.sources.reach import reach_of
from stream_v2m.sources.webrtc import Published
from stream_v2m.sources.webrtc_config import WebRTCConfig

ANSWERING = 6.0  # seconds; browsers and OBS wait for 8


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publisher is told: the name of its publication, and the SDP answer."""

    id: str
    answer: str


@dataclass(slots=True)
class _Publisher:
    peer: Peer
    id: str
    since: float
    newest: float = 0.0
    warned: bool = False
    task: asyncio.Task[None] | None = None


class Inlet:
    """One for a performance, whatever sources read from it; ``run`` it beside the performance.

    Args:
        host: where pages are served; pictures come to the same addresses.
    """

    def __init__(self, config: WebRTCConfig, *, host: str, clock: Clock) -> None:
        self._config, self._host, self._clock = config, host, clock
        self._notice: Callable[[str], None] = lambda text: None
        self._slots: tuple[Newest[VideoFrame], ...] = ()
        self._publisher: _Publisher | None = None
        self._group: asyncio.TaskGroup | None = None
        self._answering = asyncio.Lock()
        self._attaching = Lock()

    def source(self) -> Published:
        """A source of what is published here."""
        return Published(self)

    @property
    def publishing(self) -> bool:
        """Whether somebody holds the place, even if no picture came yet."""
        return self._publisher is not None

    async def run(self, notice: Callable[[str], None]) -> None:
        """Take what publishers send; ends when it is cancelled, and lets go of whoever publishes.

        Args:
            notice: told in a sentence when somebody comes, leaves or sends what is not taken.
        """
        self._notice = notice
        try:
            async with asyncio.TaskGroup() as self._group:
                await asyncio.Event().wait()
        finally:
            self._group = None
            if self._publisher is not None:
                await self._publisher.peer.close()

    async def publish(self, offer: str, *, takeover: bool = False) -> Publication:
        """Answer an SDP offer; from then on its pictures are what sources get.

        Args:
            takeover: end the present publisher. Otherwise it must have left, or been silent for ``stall_s``.

        Raises:
            PublishError: the offer is wrong, has no codec that can be decoded, or somebody else is sending.
        """
        async with self._answering:
            if self._group is None:
                raise PublishError("nothing plays", reason="busy")
            present = self._publisher
            if present is not None and not takeover and not self._is_silent(present):
                raise PublishError(
                    "somebody else is sending", reason="taken", cure="wait until they stop, or take over on purpose"
                )
            async with AsyncExitStack() as undo:
                peer = await self._answer(offer)
                undo.push_async_callback(peer.close)
                if present is not None:
                    await self._end(present)
                if self._group is None:  # it ended meanwhile
                    raise PublishError("nothing plays any more", reason="busy")
                publisher = _Publisher(peer, secrets.token_urlsafe(16), self._clock.now())
                publisher.task = self._group.create_task(self._serve(publisher))
                undo.pop_all()
            self._publisher = publisher
            return Publication(publisher.id, peer.sdp)

    async def unpublish(self, id: str) -> None:
        """End a publication.

        Raises:
            PublishError: there is none of that name, or no longer.
        """
        publisher = self._publisher
        if publisher is None or not secrets.compare_digest(publisher.id.encode(), id.encode(errors="replace")):
            raise PublishError("no such publication", reason="unknown")
        await self._end(publisher)

    def attach(self, slot: Newest[VideoFrame]) -> None:
        """Put every picture into this slot too; from any thread."""
        with self._attaching:
            self._slots = (*self._slots, slot)

    def detach(self, slot: Newest[VideoFrame]) -> None:
        """No more pictures for this slot; from any thread."""
        with self._attaching:
            self._slots = tuple(other for other in self._slots if other is not slot)

    def _is_silent(self, publisher: _Publisher) -> bool:
        return self._clock.now() - max(publisher.since, publisher.newest) > self._config.stall_s

    async def _answer(self, offer: str) -> Peer:
        servers = [
            RTCIceServer(
                server.url, server.username, server.credential.get_secret_value() if server.credential else None
            )
            for server in self._config.ice_servers
        ]
        try:
            async with asyncio.timeout(ANSWERING):
                shy = not _sends_to_loopback(offer)
                reach = await asyncio.to_thread(reach_of, self._host, shy=shy)  # a name may have to be looked up
                peer = await Peer.answer(offer, reach=reach, ice_servers=servers, clock=self._clock)
        except TimeoutError as error:
            raise PublishError("it could not be answered in time", reason="busy") from error
        turn = next((server.url for server in self._config.ice_servers if server.url.startswith("turn")), None)
        if turn is not None and not peer.relayed:
            trusted = ", is its certificate trusted here" if turn.startswith("turns:") else ""
            self._notice(
                f"the TURN server lends no address; is it reached{trusted}, and are username and credential right?"
            )
        return peer

    async def _serve(self, publisher: _Publisher) -> None:
        """Take one publisher's pictures to the end."""
        try:
            if await self._connect(publisher):
                self._notice("a publisher is connected")
                async for picture in publisher.peer.pictures():
                    self._take(picture, publisher)
                self._notice("the publisher has left")
        finally:
            if self._publisher is publisher:
                self._publisher = None
            await publisher.peer.close()

    async def _connect(self, publisher: _Publisher) -> bool:
        try:
            async with asyncio.timeout(self._config.connect_timeout_s):
                connected = await publisher.peer.connected()
        except TimeoutError:
            connected = False
        if not connected:
            self._notice("a publisher's media did not come through; is UDP to this machine blocked?")
        return connected

    def _take(self, picture: VideoFrame, publisher: _Publisher) -> None:
        config = self._config
        publisher.newest = self._clock.now()
        longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
        if longer > config.max_width or shorter > config.max_height:
            if not publisher.warned:
                publisher.warned = True
                self._notice(
                    f"published pictures of {picture.width}×{picture.height} are too large and dropped; "
                    f"send at most {config.max_width}×{config.max_height}"
                )
            return
        for slot in self._slots:
            slot.put(picture)

    async def _end(self, publisher: _Publisher) -> None:
        if publisher.task is not None:
            publisher.task.cancel()
            await asyncio.wait([publisher.task])
        await publisher.peer.close()  # a task that was cancelled before it began has not
        if self._publisher is publisher:
            self._publisher = None


def _sends_to_loopback(offer: str) -> bool:
    """Whether a sender's media surely reach 127.0.0.1: Chromium, OBS and FFmpeg, who name it as their origin.

    Firefox's ICE wants nothing of loopback, GStreamer's (libnice) sends to it by a network card, and others may.
    """
    return re.search(r"^o=\S+ \S+ \S+ IN IP4 127\.0\.0\.1\s*$", offer, re.MULTILINE) is not None
