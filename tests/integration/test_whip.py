"""WHIP as encoders and pages speak it (RFC 9725), with a real server and real peers."""

from __future__ import annotations

import asyncio
import datetime
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp import ClientResponse, ClientSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from stream_v2m.control.whip import LARGEST, Whip
from stream_v2m.sources.inlet import Inlet
from tests.support.publisher import publisher, running_inlet, until
from tests.support.require import missing
from tests.support.sdp import OBS, offer
from tests.support.serving import serving

pytestmark = pytest.mark.integration

SDP = {"Content-Type": "application/sdp"}
ELSEWHERE = "https://pages.example"
TOKEN = "a-token-of-the-test"
FFMPEG_WHIP = Path(__file__).parents[1] / "support" / "ffmpeg_whip.py"
PATIENCE = 60.0  # seconds to start a process on a busy machine


@asynccontextmanager
async def whip(**config: Any) -> AsyncIterator[tuple[ClientSession, Inlet]]:
    """A client of a server that takes pictures."""
    async with running_inlet() as inlet:
        routes = Whip(inlet.publish, inlet.unpublish, origins=[ELSEWHERE]).routes()
        async with serving(routes=routes, **config) as served, ClientSession(served.url) as client:
            yield client, inlet


async def told(response: ClientResponse) -> dict[str, str | None]:
    error: dict[str, str | None] = (await response.json())["error"]
    return error


async def test_an_encoder_publishes_and_leaves() -> None:
    async with whip() as (client, inlet), publisher(sound=True) as sender:
        async with client.post("/whip", data=await sender.offer(), headers=SDP) as created:
            assert created.status == 201
            assert created.content_type == "application/sdp"
            assert "ETag" not in created.headers
            session, answer = created.headers["Location"], await created.text()
        assert session.startswith("/whip/")
        await sender.accept(answer)
        source = inlet.source()
        await asyncio.to_thread(source.open)
        source.close()
        async with client.delete(session) as ended:
            assert ended.status == 200
        await until(lambda: sender.connection.connectionState == "closed", "the end")
        async with client.delete(session) as again:
            assert again.status == 404


async def test_what_obs_offers_is_answered_with_its_picture_alone() -> None:
    async with whip() as (client, inlet), client.post("/whip", data=OBS, headers=SDP) as created:
        assert created.status == 201
        _, sound, picture = re.split(r"(?m)^m=", await created.text())
        assert inlet.publishing
    assert sound.startswith("audio")
    assert "a=inactive" in sound.splitlines()
    assert picture.startswith("video")
    assert {"a=recvonly", "a=setup:active", "a=rtpmap:96 H264/90000"} <= set(picture.splitlines())
    assert "typ host" in picture


async def test_a_second_publisher_waits_or_takes_over() -> None:
    async with whip() as (client, _), publisher() as first, publisher() as second:
        async with client.post("/whip", data=await first.offer(), headers=SDP) as created:
            assert created.status == 201
            old = created.headers["Location"]
        text = await second.offer()
        async with client.post("/whip", data=text, headers=SDP) as refused:
            assert refused.status == 409
            assert (await told(refused))["what"] == "somebody else is sending"
        async with client.post("/whip?takeover=1", data=text, headers=SDP) as created:
            assert created.status == 201
        async with client.delete(old) as gone:
            assert gone.status == 404


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"v=0", {"Content-Type": "application/json"}, 415, "not an SDP offer"),
        (b"hello", SDP, 400, "it is not SDP"),
        (b"\xff\xfe", SDP, 400, "it is not UTF-8"),
        (b"", SDP, 400, "it is not SDP"),
        (b"v" * (LARGEST + 1), SDP, 413, "too large for an offer"),
        (offer().replace("VP8", "AV1").encode(), SDP, 422, "none of its codecs can be decoded here"),
        (offer().replace("VP8", "H265").encode(), {"Content-Type": "application/sdp; charset=utf-8"}, 422, "none of"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_words(
    body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    async with whip() as (client, inlet), client.post("/whip", data=body, headers=headers) as refused:
        assert refused.status == status
        assert words in str((await told(refused))["what"])
        assert refused.headers["Accept-Post"] == "application/sdp"
        assert not inlet.publishing


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_other_methods_are_told_which_there_are(method: str) -> None:
    async with whip() as (client, _):
        async with client.request(method, "/whip") as refused:
            assert (refused.status, refused.headers["Allow"]) == (405, "POST, OPTIONS")
        if method != "DELETE":
            async with client.request(method, "/whip/name", headers=SDP) as refused:
                assert (refused.status, refused.headers["Allow"]) == (405, "DELETE, OPTIONS")


async def test_options_say_what_is_taken() -> None:
    async with whip() as (client, _), client.options("/whip") as options:
        assert (options.status, options.headers["Accept-Post"]) == (204, "application/sdp")
        assert "Access-Control-Allow-Origin" not in options.headers


async def test_the_token_is_needed_to_publish_and_to_end() -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with whip(token=TOKEN) as (client, inlet), publisher() as sender:
        text = await sender.offer()
        async with client.post("/whip", data=text, headers=SDP) as refused:
            assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        async with client.post("/whip", data=text, headers=SDP | bearer) as created:
            assert created.status == 201
            session = created.headers["Location"]
        async with client.delete(session) as refused:
            assert refused.status == 401
        assert inlet.publishing
        async with client.delete(session, headers=bearer) as ended:
            assert ended.status == 200


async def test_pages_elsewhere_publish_if_they_are_allowed_and_have_the_token() -> None:
    shown = {"Authorization": f"Bearer {TOKEN}", "Origin": ELSEWHERE}
    asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}
    async with whip(token=TOKEN) as (client, _), publisher() as sender:
        async with client.options("/whip", headers=asked) as options:
            assert options.headers["Access-Control-Allow-Origin"] == ELSEWHERE
            assert "Authorization" in options.headers["Access-Control-Allow-Headers"]
        async with client.options("/whip", headers=asked | {"Origin": "https://evil.example"}) as options:
            assert "Access-Control-Allow-Origin" not in options.headers
        async with client.post("/whip", data="nonsense", headers=SDP | shown) as refused:
            assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (400, ELSEWHERE)
        async with client.post("/whip", data=await sender.offer(), headers=SDP | shown) as created:
            assert created.headers["Access-Control-Allow-Origin"] == ELSEWHERE
            assert created.headers["Access-Control-Expose-Headers"] == "Location"
        async with client.post("/whip", data="x", headers=SDP | asked) as refused:
            assert refused.status == 403


async def test_ffmpeg_publishes_with_a_certificate_that_webrtc_allows(tmp_path: Path) -> None:
    if "whip" not in av.formats_available:
        missing("this FFmpeg has no WHIP")
    files = [tmp_path / "certificate.pem", tmp_path / "key.pem"]
    write_certificate(*files)
    async with running_inlet() as inlet, serving(routes=Whip(inlet.publish, inlet.unpublish).routes()) as served:
        command = [sys.executable, str(FFMPEG_WHIP), f"{served.url}/whip", *map(str, files)]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        source = inlet.source()
        try:
            async with asyncio.timeout(PATIENCE):
                opening = asyncio.create_task(asyncio.to_thread(source.open))
                info = await asyncio.shield(opening)
        finally:
            source.close()
            process.kill()
            await process.wait()
    assert (info.width, info.height) == (320, 180)


def write_certificate(certificate: Path, key: Path) -> None:
    """One on the curve P-256, which WebRTC demands (RFC 8827, 6.5); FFmpeg's own is on P-224."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "publisher")])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin.replace(year=2120))
    certificate.write_bytes(builder.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
