"""Publishing by WebRTC, with real peers on this machine."""

from __future__ import annotations

import asyncio
import gc
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiortc import RTCPeerConnection, RTCRtpReceiver
from aiortc.codecs.vpx import Vp8Decoder
from aiortc.rtp import RtpPacket

from stream_v2m.core.errors import PublishError, SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources import peer
from stream_v2m.sources.backlog import Backlog
from stream_v2m.sources.inlet import Inlet
from stream_v2m.sources.reach import reach_of
from stream_v2m.sources.webrtc import Published
from stream_v2m.sources.webrtc_config import IceServer, WebRTCConfig
from tests.support.publisher import Numbered, Publisher, number_of, publisher, running_inlet, until
from tests.support.sdp_fuzz import fuzz

pytestmark = pytest.mark.integration

JITTER_BUFFER = 512  # packets, in aiortc


async def opened(inlet: Inlet) -> tuple[Published, Iterator[Frame]]:
    source = inlet.source()
    await asyncio.to_thread(source.open)
    return source, source.frames()


async def numbers(frames: Iterator[Frame], count: int) -> list[int]:
    return [number_of(await asyncio.to_thread(next, frames)) for _ in range(count)]


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_what_is_published_arrives_in_order(codec: str) -> None:
    async with running_inlet() as inlet, publisher(codec=codec, sound=True) as sender:
        publication = await sender.publish(inlet)
        source, frames = await opened(inlet)
        seen = await numbers(frames, 10)
        source.close()
    assert seen == sorted(set(seen))
    sections = publication.answer.split("m=")
    assert "a=recvonly" in next(section for section in sections if section.startswith("video"))
    assert "a=inactive" in next(section for section in sections if section.startswith("audio"))


async def test_neither_a_high_profile_nor_sound_apart_is_a_hindrance() -> None:
    async with running_inlet() as inlet, publisher(codec="H264", sound=True) as sender:
        offer = re.sub("a=group:BUNDLE.*\r\n", "", await sender.offer())
        publication = await inlet.publish(re.sub("profile-level-id=42.01f", "profile-level-id=640c1f", offer))
        assert "a=group:BUNDLE" not in publication.answer
        assert "profile-level-id=640c1f" in publication.answer
        await sender.accept(publication.answer.replace("640c1f", "42e01f"))  # aiortc knows no other
        source, _ = await opened(inlet)
        source.close()


async def test_the_picture_comes_where_sound_apart_is_never_connected() -> None:
    async with running_inlet() as inlet, publisher(sound=True) as sender:
        text = await sender.offer()
        bundle = next(line for line in text.splitlines() if line.startswith("a=group:BUNDLE"))
        publication = await inlet.publish(text.replace(f"{bundle}\r\n", ""))
        await sender.accept(publication.answer.replace("t=0 0", f"t=0 0\r\n{bundle}"))
        source, _ = await opened(inlet)
        source.close()


class Released(Numbered):
    """Sends a picture whenever it is allowed one more."""

    def __init__(self) -> None:
        super().__init__(rate_hz=60)
        self.allowed = asyncio.Semaphore(0)

    async def recv(self) -> Any:
        await self.allowed.acquire()
        return await super().recv()


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_picture_does_not_wait_for_the_next_one(codec: str) -> None:
    async with running_inlet() as inlet, publisher(Released(), codec=codec) as sender:
        await sender.publish(inlet)
        opening = asyncio.create_task(opened(inlet))
        sender.track.allowed.release()
        source, frames = await opening
        seen = [number_of(next(frames))]
        for _ in range(3):
            sender.track.allowed.release()
            seen += await numbers(frames, 1)
        source.close()
    assert seen == [0, 1, 2, 3]


async def test_a_packet_that_is_lost_for_good_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    handle, nth = RTCRtpReceiver._handle_rtp_packet, itertools.count()
    lost: list[int] = []

    async def lossy(receiver: RTCRtpReceiver, packet: RtpPacket, **when: Any) -> None:
        if next(nth) == 20:
            lost.append(packet.sequence_number)
        again = int.from_bytes(packet.payload[:2])  # of a retransmission: the number it had at first (RFC 4588)
        if not lost or (packet.sequence_number not in lost and again not in lost):
            await handle(receiver, packet, **when)

    monkeypatch.setattr(RTCRtpReceiver, "_handle_rtp_packet", lossy)
    async with running_inlet() as inlet, publisher(Numbered(rate_hz=60)) as sender:
        await sender.publish(inlet)
        source, frames = await opened(inlet)
        await until(lambda: bool(lost), "a packet")
        sent = sender.track.sent
        while number_of(await asyncio.to_thread(next, frames)) <= sent:
            pass
        assert sender.track.sent - sent < JITTER_BUFFER  # each picture is a packet
        source.close()


async def test_a_slow_reader_gets_the_newest_picture() -> None:
    pause, in_flight = 30, 15  # pictures
    async with running_inlet() as inlet, publisher(Numbered(rate_hz=60)) as sender:
        track = sender.track
        await sender.publish(inlet)
        source, frames = await opened(inlet)
        ages, gaps, before = [], [], (await numbers(frames, 1))[0]
        for _ in range(3):
            sent = track.sent
            await until(lambda sent=sent: track.sent >= sent + pause, "pictures")
            number = number_of(next(frames))
            ages.append(track.sent - number)
            gaps.append(number - before)
            before = number
        source.close()
    assert max(ages) <= in_flight
    assert min(gaps) >= pause - in_flight
    assert source.dropped >= 3 * (pause - in_flight) - in_flight


async def test_a_decoder_that_falls_behind_forgets_and_goes_on_with_a_key_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backlogs: list[Backlog] = []
    decode, pauses = Vp8Decoder.decode, iter([0.0] * 5 + [1.0])

    def kept(behind: Callable[[], None]) -> Backlog:
        backlogs.append(Backlog(behind))
        return backlogs[-1]

    def slow(decoder: Vp8Decoder, encoded: Any) -> list[Any]:
        time.sleep(next(pauses, 0.0))
        return decode(decoder, encoded)

    monkeypatch.setattr(peer, "Backlog", kept)
    monkeypatch.setattr(Vp8Decoder, "decode", slow)
    async with running_inlet() as inlet, publisher(Numbered(rate_hz=60)) as sender:
        await sender.publish(inlet)
        source, frames = await opened(inlet)
        await until(lambda: backlogs[0].forgotten > 0, "a decoder behind")
        sent = sender.track.sent
        while number_of(await asyncio.to_thread(next, frames)) <= sent:
            pass
        source.close()


async def test_a_second_publisher_is_refused_and_the_first_goes_on() -> None:
    async with running_inlet() as inlet, publisher() as first, publisher() as second:
        await first.publish(inlet)
        source, frames = await opened(inlet)
        with pytest.raises(PublishError, match="somebody else is sending") as refused:
            await second.publish(inlet)
        await numbers(frames, 3)
        source.close()
    assert refused.value.reason == "taken"


async def test_who_takes_over_on_purpose_ends_the_other() -> None:
    async with running_inlet() as inlet, publisher() as first, publisher(Numbered(size=(160, 96))) as second:
        old = await first.publish(inlet)
        source, frames = await opened(inlet)
        await second.publish(inlet, takeover=True)
        await until(lambda: first.connection.connectionState == "closed", "the end of the first")
        with pytest.raises(PublishError, match="no such publication"):
            await inlet.unpublish(old.id)
        await numbers(frames, 5)
        source.close()


async def test_a_wrong_offer_takes_over_from_nobody() -> None:
    async with running_inlet() as inlet, publisher() as first:
        await first.publish(inlet)
        source, frames = await opened(inlet)
        with pytest.raises(PublishError, match="not SDP"):
            await inlet.publish("nonsense", takeover=True)
        await numbers(frames, 3)
        source.close()


async def test_when_one_leaves_the_next_may_come_and_the_source_goes_on() -> None:
    heard: list[str] = []
    async with running_inlet(notice=heard.append) as inlet:
        async with publisher() as first:
            await first.publish(inlet)
            source, frames = await opened(inlet)
        await until(lambda: not inlet.publishing, "the end of the first")
        async with publisher() as second:
            await second.publish(inlet)
            await numbers(frames, 5)
        source.close()
        assert next(frames, None) is None
    assert heard[:2] == ["a publisher is connected", "the publisher has left"]


async def test_a_publication_is_ended_by_its_name() -> None:
    async with running_inlet() as inlet, publisher() as sender:
        publication = await sender.publish(inlet)
        source, _ = await opened(inlet)
        source.close()
        await inlet.unpublish(publication.id)
        assert not inlet.publishing
        await until(lambda: sender.connection.connectionState == "closed", "the end")
        with pytest.raises(PublishError) as unknown:
            await inlet.unpublish(publication.id)
    assert unknown.value.reason == "unknown"


async def test_a_publication_is_ended_before_it_is_connected() -> None:
    async with running_inlet() as inlet, publisher() as sender:
        publication = await inlet.publish(await sender.offer())
        await inlet.unpublish(publication.id)
        assert not inlet.publishing


async def test_an_offer_whose_sender_never_comes_makes_room_again() -> None:
    heard: list[str] = []
    config = WebRTCConfig(connect_timeout_s=0.3)
    async with running_inlet(config, notice=heard.append) as inlet, publisher() as sender:
        lines = (await sender.offer()).splitlines()
        offer = "\r\n".join(line for line in lines if not line.startswith("a=candidate"))
        assert "a=end-of-candidates" in offer
        await inlet.publish(offer)
        await until(lambda: not inlet.publishing, "room")
    assert heard == ["a publisher's media did not come through; is UDP to this machine blocked?"]


async def test_a_sender_without_candidates_is_found_by_its_own_checks() -> None:
    async with running_inlet() as inlet, publisher() as sender:
        lines = (await sender.offer()).splitlines()
        publication = await inlet.publish("\n".join(line for line in lines if not line.startswith("a=candidate")))
        await sender.accept(publication.answer)
        source, frames = await opened(inlet)
        await numbers(frames, 1)
        source.close()


async def test_a_silent_publisher_keeps_nobody_out() -> None:
    config = WebRTCConfig(stall_s=0.2, connect_timeout_s=60)
    async with running_inlet(config) as inlet, publisher() as silent, publisher() as other:
        await inlet.publish(await silent.offer())  # it never hears the answer
        with pytest.raises(PublishError):
            await other.publish(inlet)
        await asyncio.sleep(config.stall_s)
        await inlet.publish(await other.offer())


async def test_codecs_that_cannot_be_decoded_are_named() -> None:
    async with running_inlet() as inlet, publisher(sound=True) as sender:
        offer = (await sender.offer()).replace("VP8/90000", "AV1/90000")
        with pytest.raises(PublishError) as refused:
            await inlet.publish(offer)
        assert not inlet.publishing
    assert refused.value.reason == "codec"
    assert refused.value.got == "AV1"
    assert "H.264" in str(refused.value)


async def test_pictures_that_are_too_large_are_dropped_and_told_of_once() -> None:
    heard: list[str] = []
    config = WebRTCConfig(max_width=320, max_height=180)
    large, upright = Numbered(size=(352, 180)), Numbered(size=(176, 320))
    async with running_inlet(config, notice=heard.append) as inlet, publisher(large) as sender:
        await sender.publish(inlet)
        await until(lambda: len(heard) == 2, "the word")
        sent = large.sent
        await until(lambda: large.sent > sent + 5, "more pictures")
        async with publisher(upright) as turned:
            await turned.publish(inlet, takeover=True)
            source, _ = await opened(inlet)
            source.close()
    assert [text for text in heard if "352×180 are too large" in text] == [heard[1]]


@pytest.mark.parametrize(
    ("host", "origin", "expected"),
    [
        ("127.0.0.1", "- 4611731400430051336 2 IN IP4 127.0.0.1", {"127.0.0.1"}),  # Chromium
        ("127.0.0.1", "rtc 1153772982 0 IN IP4 127.0.0.1", {"127.0.0.1"}),  # OBS
        ("127.0.0.1", "mozilla...THIS_IS_SDPARTA-153.0 1 0 IN IP4 0.0.0.0", None),
        ("127.0.0.1", "- 3082944023521498126 0 IN IP4 0.0.0.0", None),  # GStreamer
        ("0.0.0.0", "rtc 1153772982 0 IN IP4 127.0.0.1", None),
    ],
)
async def test_addresses_within_reach_are_offered(host: str, origin: str, expected: set[str] | None) -> None:
    async with running_inlet(host=host) as inlet, publisher() as sender:
        offer = re.sub(r"(?m)^o=.*?\r$", f"o={origin}\r", await sender.offer())
        publication = await inlet.publish(offer)
    offered = {line.split()[4] for line in publication.answer.splitlines() if line.startswith("a=candidate")}
    assert offered == (expected or set(reach_of(host, shy=expected is None).addresses))
    assert "127.0.0.1" in offered


async def test_a_turn_server_that_does_not_answer_is_told_of_and_in_nobodys_way() -> None:
    heard: list[str] = []
    config = WebRTCConfig(ice_servers=(IceServer(url="turn:127.0.0.1:1?transport=tcp"),))  # nobody listens there
    async with running_inlet(config, notice=heard.append) as inlet, publisher() as sender:
        await sender.publish(inlet)
        source, _ = await opened(inlet)
        source.close()
    assert "TURN server lends no address" in heard[0]


async def test_nobody_can_publish_where_nothing_runs() -> None:
    async with running_inlet() as inlet, publisher() as sender:
        offer = await sender.offer()
    with pytest.raises(PublishError) as refused:
        await inlet.publish(offer)
    assert refused.value.reason == "busy"


async def test_a_source_that_is_closed_waits_for_nobody() -> None:
    async with running_inlet() as inlet:
        source = inlet.source()
        opening = asyncio.create_task(asyncio.to_thread(source.open))
        await asyncio.sleep(0)
        source.close()
        with pytest.raises(SourceError, match="closed before anybody published"):
            await opening


async def test_nothing_is_left_of_those_who_came_and_left() -> None:
    rounds = 8
    async with running_inlet() as inlet:
        await visit(inlet)
        before = holdings()
        for _ in range(rounds):
            await visit(inlet)
        after = holdings()
    assert after == before


async def visit(inlet: Inlet) -> None:
    sender = Publisher(Numbered())
    publication = await sender.publish(inlet)
    source, _ = await opened(inlet)
    source.close()
    await inlet.unpublish(publication.id)
    await sender.close()


def holdings() -> dict[str, int]:
    """What would grow if something were kept."""
    gc.collect()
    sockets = Path("/proc/self/fd")
    return {
        "connections": sum(type(thing) is RTCPeerConnection for thing in gc.get_objects()),
        "decoders": sum("decoder" in thread.name for thread in threading.enumerate()),
        "sockets": len(list(sockets.iterdir())) if sockets.is_dir() else 0,
    }


def test_any_offer_is_answered_or_refused() -> None:
    outcomes = fuzz(200)
    assert outcomes["answered"] > 0
    assert outcomes["malformed"] > 0
