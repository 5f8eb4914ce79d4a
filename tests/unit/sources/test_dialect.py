"""What aiortc is given of an offer, and what the sender is answered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from stream_v2m.core.errors import PublishError
from stream_v2m.sources.dialect import H264, for_aiortc, for_sender
from stream_v2m.sources.offer import read_offer
from tests.support.sdp import TRANSPORT, offer, texts

pytestmark = pytest.mark.unit

SOUND = f"m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:1\na=sendonly\n{TRANSPORT}\na=rtpmap:111 opus/48000/2"


def h264(fmtp: str) -> str:
    return offer(codecs=f"a=rtpmap:96 H264/90000\n{fmtp}\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96")


@pytest.mark.parametrize(
    ("fmtp", "answered"),
    [
        ("a=fmtp:96 packetization-mode=1;profile-level-id=640c1f", "packetization-mode=1;profile-level-id=640c1f"),
        (
            "a=fmtp:96 profile-level-id=4d001f; packetization-mode=0; sprop-parameter-sets=Z0LA,aM4=",
            "profile-level-id=4d001f;packetization-mode=0",
        ),
        (f"a=fmtp:96 {H264}", H264),
        ("", None),
    ],
)
def test_h264_of_any_profile_is_known_to_aiortc_and_answered_as_it_was_offered(fmtp: str, answered: str | None) -> None:
    text, _ = read_offer(h264(fmtp))
    known = for_aiortc(text)
    assert f"a=fmtp:96 {H264}" in known.splitlines()
    assert "a=fmtp:97 apt=96" in known.splitlines()
    said = [line for line in for_sender(known, text).splitlines() if line.startswith("a=fmtp:96")]
    assert said == ([f"a=fmtp:96 {answered}"] if answered else [])


def test_interleaved_h264_is_left_to_be_refused() -> None:
    text, _ = read_offer(h264("a=fmtp:96 packetization-mode=2"))
    assert "a=fmtp:96 packetization-mode=2" in for_aiortc(text).splitlines()


@pytest.mark.parametrize("group", ["a=group:BUNDLE 0 1", "a=group:BUNDLE 0", ""])
def test_what_is_bundled_in_the_answer_is_what_the_offer_bundles(group: str) -> None:
    text, _ = read_offer(offer(more=SOUND).replace("a=group:BUNDLE 0", group))
    answer, _ = read_offer(offer(more=SOUND).replace("a=group:BUNDLE 0", "a=group:BUNDLE 0 1"))
    groups = [line for line in for_sender(answer, text).splitlines() if "BUNDLE" in line]
    assert groups == ([group] if group else [])


@settings(max_examples=200)
@given(texts)
def test_whatever_is_taken_can_be_put_so(text: str) -> None:
    try:
        taken, _ = read_offer(text)
    except PublishError:
        return
    known = for_aiortc(taken)
    assert "m=video" in known
    assert for_sender(known, taken)
