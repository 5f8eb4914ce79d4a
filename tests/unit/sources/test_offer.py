"""SDP offers: what is taken, what is left out, what is refused and with which words."""

from __future__ import annotations

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given, settings

from stream_v2m.core.errors import PublishError
from stream_v2m.sources.offer import MAX_CANDIDATES, MAX_OFFER, read_offer
from tests.support.sdp import CANDIDATE, CODECS, FINGERPRINT, OBS, PASSWORD, UFRAG, offer, texts

pytestmark = pytest.mark.unit


def candidates(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("a=candidate")]


def test_a_right_offer_is_handed_on_and_its_codecs_are_named() -> None:
    text, codecs = read_offer(offer())
    assert codecs == ["VP8", "rtx"]
    assert candidates(text) == [CANDIDATE]
    assert SessionDescription.parse(text).media[0].direction == "sendonly"


def test_what_obs_offers_is_read_without_candidates_and_with_one_fingerprint_for_both_sections() -> None:
    text, codecs = read_offer(OBS)
    sound, picture = SessionDescription.parse(text).media
    assert codecs == ["H264"]
    assert candidates(text) == []
    assert [(media.kind, media.direction, media.rtp.muxId) for media in (sound, picture)] == [
        ("audio", "sendonly", "0"),
        ("video", "sendonly", "1"),
    ]
    assert [fingerprint.value for fingerprint in picture.dtls.fingerprints] == [FINGERPRINT]
    assert (picture.ice.usernameFragment, picture.ice.password) == (UFRAG, PASSWORD)
    assert picture.rtp.codecs[0].parameters["profile-level-id"] == "42e01f"


def test_line_ends_without_carriage_return_are_read_too() -> None:
    assert read_offer(offer().replace("\r", "")) == read_offer(offer())


def test_attributes_that_nothing_reads_are_left_out() -> None:
    text, _ = read_offer(offer(more="a=end-of-candidates\na=rid:h send\na=x-google:1\nb=AS:1\nz=0\nnonsense"))
    assert not {"a=end-of-candidates", "a=rid:h send", "a=x-google:1", "b=AS:1", "z=0", "nonsense"} & set(
        text.splitlines()
    )


@pytest.mark.parametrize(
    "candidate",
    [
        "a=candidate:1 1 tcp 2130706431 127.0.0.1 9 typ host tcptype active",
        "a=candidate:1 1 udp 2130706431 0a1b.local 50000 typ host",
        "a=candidate:1 1 udp 2130706431 example.org 50000 typ host",
        "a=candidate:1 2 udp 2130706431 127.0.0.1 50000 typ host",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 0 typ host",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 65536 typ host",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 50000 typ prflx",
        "a=candidate:1 1 udp 4294967296 127.0.0.1 50000 typ host",
        "a=candidate:",
    ],
)
def test_candidates_that_cannot_be_tried_are_left_out(candidate: str) -> None:
    text, _ = read_offer(offer(more=f"{candidate}\n{CANDIDATE}"))
    assert candidates(text) == [CANDIDATE]


def test_of_very_many_candidates_some_are_tried() -> None:
    many = [CANDIDATE.replace("50000", str(port)) for port in range(1, 200)]
    assert candidates(read_offer(offer(more="\n".join(many)))[0]) == many[:MAX_CANDIDATES]


def test_a_section_without_direction_sends_and_receives() -> None:
    text, _ = read_offer(offer(direction=""))
    assert SessionDescription.parse(text).media[0].direction == "sendrecv"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not SDP, got nothing"),
        ("{}", "not SDP"),
        ("v=0\r\n", "no picture in it, got no media"),
        (offer().replace("m=video", "m=audio"), "no picture in it, got audio"),
        (offer().replace("m=video", "m=text"), "no picture in it, got text"),
        (offer(more="m=application 9 UDP/DTLS/SCTP webrtc-datachannel"), "more than picture and sound"),
        (offer(direction="a=recvonly"), "it sends no picture"),
        (offer(mid=""), "a mid of its own"),
        (offer().replace("a=mid:0", "a=mid").replace("a=group:BUNDLE 0\r\n", ""), "a mid of its own"),
        (offer().replace("BUNDLE 0", "BUNDLE 1"), "bundles what is not there"),
        (offer().replace("a=ice-ufrag:abcd\r\n", ""), "ice-ufrag or ice-pwd of section 0 is missing"),
        (offer().replace(PASSWORD, "short"), "ice-ufrag or ice-pwd of section 0 is missing or wrong"),
        (offer().replace("a=setup:actpass\r\n", ""), "setup or fingerprint of section 0"),
        (offer().replace(FINGERPRINT, "AB"), "setup or fingerprint of section 0"),
        (offer().replace("sha-256", "md5"), "setup or fingerprint of section 0"),
        (offer().replace("a=rtcp-mux\r\n", ""), "rtcp-mux of section 0 is missing"),
        (offer(more="a=ssrc:4294967296 cname:x"), "no 32 bit number"),
        (offer(codecs=f"{CODECS}\na=fmtp:98 apt=1"), "cannot be understood"),
        (offer().replace("setup:actpass", "setup:never"), "cannot be understood"),
        (offer() + "a=rid:" + "x" * MAX_OFFER, "too long"),
    ],
)
def test_what_is_no_offer_of_a_picture_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(PublishError, match=words) as refused:
        read_offer(text)
    assert refused.value.reason == "malformed"


@given(texts)
@settings(max_examples=100, deadline=None)
def test_any_text_is_an_offer_or_refused(text: str) -> None:
    try:
        read = read_offer(text)
    except PublishError:
        return
    assert read_offer(read[0]) == read
