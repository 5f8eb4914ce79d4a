"""Pictures by way of a real TURN server, which this program reaches over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from stream_v2m.sources import inlet as inlets
from stream_v2m.sources.reach import Reach
from stream_v2m.sources.webrtc_config import IceServer, WebRTCConfig
from tests.support.coturn import PASSWORD, USER, Coturn, coturn
from tests.support.publisher import number_of, publisher, running_inlet

pytestmark = pytest.mark.integration

LENDS_NOTHING = "the TURN server lends no address"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with coturn(tmp_path_factory.mktemp("coturn")) as server:
        yield server


def by(server: Coturn, transport: str) -> WebRTCConfig:
    return WebRTCConfig(ice_servers=(IceServer(url=server.url(transport), username=USER, credential=PASSWORD),))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_pictures_come_by_the_relay_alone(
    server: Coturn, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    monkeypatch.setattr(inlets, "reach_of", lambda host, shy: Reach(()))  # no socket of this program's own
    heard: list[str] = []
    async with running_inlet(by(server, transport), notice=heard.append) as inlet, publisher() as sender:
        publication = await sender.publish(inlet)
        candidates = [line for line in publication.answer.splitlines() if line.startswith("a=candidate")]
        assert len(candidates) == 1
        assert " typ relay" in candidates[0]
        source = inlet.source()
        await asyncio.to_thread(source.open)
        frames = source.frames()
        numbers = [number_of(await asyncio.to_thread(next, frames)) for _ in range(10)]
        source.close()
    assert numbers == sorted(set(numbers))
    assert not any(LENDS_NOTHING in words for words in heard)


@pytest.mark.parametrize(
    "url", ["turns:turn.example?transport=udp", "stun:stun.example?transport=udp", "turn:[::1]:3478", "turn:host:port"]
)
def test_what_would_be_passed_over_or_spoil_every_offer_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        IceServer(url=url)


async def test_a_certificate_that_is_not_trusted_is_not_taken_and_told_of(server: Coturn) -> None:
    heard: list[str] = []
    async with running_inlet(by(server, "tls"), notice=heard.append) as inlet, publisher() as sender:
        publication = await sender.publish(inlet)
    assert " typ relay" not in publication.answer
    assert LENDS_NOTHING in heard[0]
    assert "certificate" in heard[0]
