"""Pictures that wait for a decoder: the next key frame ends the wait, and after a gap comes first."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from stream_v2m.sources.backlog import BEHIND, MOST, Backlog, is_key_frame

pytestmark = pytest.mark.unit


@dataclass
class Codec:
    name: str = "VP8"


@dataclass
class Encoded:
    data: bytes


KEY, BETWEEN = Encoded(b"\x00picture"), Encoded(b"\x01picture")


def test_a_decoder_that_keeps_up_loses_nothing() -> None:
    backlog = Backlog(behind=pytest.fail)
    for _ in range(10 * BEHIND):
        backlog.put((Codec(), BETWEEN))
        assert backlog.get() == (Codec(), BETWEEN)
    assert backlog.forgotten == 0


def test_a_decoder_that_is_behind_goes_on_with_the_key_frame_that_it_asks_for() -> None:
    asked: list[int] = []
    backlog = Backlog(behind=lambda: asked.append(backlog.qsize()))
    for item in [KEY, *[BETWEEN] * (BEHIND + 20), KEY, BETWEEN]:
        backlog.put((Codec(), item))
    assert [backlog.get(), backlog.get()] == [(Codec(), KEY), (Codec(), BETWEEN)]
    assert backlog.empty()
    assert asked == [BEHIND]
    assert backlog.forgotten == BEHIND + 21


def test_a_decoder_that_stood_still_for_a_moment_loses_nothing_to_a_sender_without_key_frames() -> None:
    backlog = Backlog(behind=lambda: None)
    for _ in range(3):
        for _ in range(MOST):
            backlog.put((Codec(), BETWEEN))
        assert [backlog.get() for _ in range(MOST)] == [(Codec(), BETWEEN)] * MOST
    assert backlog.forgotten == 0


def test_a_decoder_too_far_behind_waits_for_a_key_frame_and_asks_again_and_again() -> None:
    asked: list[int] = []
    backlog = Backlog(behind=lambda: asked.append(backlog.forgotten))
    for _ in range(MOST + 1 + 2 * BEHIND):
        backlog.put((Codec(), BETWEEN))
    assert backlog.empty()
    assert asked == [0, 0, MOST + BEHIND, MOST + 2 * BEHIND]
    for item in [KEY, BETWEEN]:
        backlog.put((Codec(), item))
    assert backlog.qsize() == 2


def test_a_key_frame_in_good_time_makes_nothing_forgotten() -> None:
    backlog = Backlog(behind=pytest.fail)
    for _ in range(BEHIND):
        backlog.put((Codec(), KEY))
    assert backlog.qsize() == BEHIND
    assert backlog.forgotten == 0


@pytest.mark.parametrize("apart", [1, 7, 250, 1000])
def test_it_never_holds_more_than_it_may(apart: int) -> None:
    backlog = Backlog(behind=lambda: None)
    sizes = []
    for number in range(1000):
        backlog.put((Codec(), KEY if number % apart == 0 else BETWEEN))
        sizes.append(backlog.qsize())
    assert max(sizes) <= MOST


def test_the_end_is_told_even_while_a_key_frame_is_awaited() -> None:
    backlog = Backlog(behind=lambda: None)
    for _ in range(MOST + 1):
        backlog.put((Codec(), BETWEEN))
    backlog.put(None)
    assert backlog.get() is None


@pytest.mark.parametrize(
    ("codec", "data", "key"),
    [
        ("VP8", b"\x10\x00", True),
        ("VP8", b"\x11\x00", False),
        ("VP8", b"", False),
        ("H264", b"\0\0\0\1\x67\x42\0\0\0\1\x68\xce\0\0\0\1\x65\x88", True),
        ("H264", b"\0\0\0\1\x41\x9a\0\0\1\x65", True),
        ("H264", b"\0\0\0\1\x41\x9a\x67\x65\0\0\0\1\x06\x05", False),
        ("H264", b"\0\0\0\1", False),
        ("h264", b"\x65\x65\x65", False),
    ],
)
def test_key_frames_are_told_from_their_first_bytes(codec: str, data: bytes, key: bool) -> None:
    assert is_key_frame(codec, data) is key
