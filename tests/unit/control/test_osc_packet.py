"""OSC packets: what is understood, and that nothing else does harm."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_packet import OscPacket

from stream_v2m.control.osc_packet import MAX_SIZE, Malformed, Message, bundle, message, read

pytestmark = pytest.mark.unit


def test_a_message_comes_back_as_it_was_written():
    packet = message("/a/b", 1, 2.5, "Dm7", True, None).dgram
    assert read(packet) == [Message("/a/b", (1, 2.5, "Dm7", 1, None))]


def test_a_message_without_types_is_one_without_arguments():
    assert read(b"/tap\0\0\0\0") == [Message("/tap")]


def test_truth_nothing_and_the_wide_types_are_understood():
    packet = b"/x\0\0,TFNhd\0\0" + struct.pack(">qd", 2**40, 0.25)
    assert read(packet) == [Message("/x", (True, False, None, 2**40, 0.25))]


def test_bundles_in_bundles_are_opened_in_their_order():
    inner = bundle(0, [message("/b", 2), message("/c")])
    outer = b"#bundle\0" + bytes(8)
    for element in (message("/a", 1).dgram, inner, message("/d").dgram):
        outer += struct.pack(">i", len(element)) + element
    assert [each.address for each in read(outer)] == ["/a", "/b", "/c", "/d"]


def test_others_read_our_bundles_with_the_time_at_which_they_take_effect():
    packet = bundle(1_700_000_000.25, [message("/note", "bass", 40), message("/note", "pad", 60)])
    timed = OscPacket(packet).messages
    assert [each.message.params for each in timed] == [["bass", 40], ["pad", 60]]
    seconds, fraction = struct.unpack(">II", packet[8:16])
    assert seconds - 2_208_988_800 + fraction / 2**32 == pytest.approx(1_700_000_000.25, abs=1e-6)


@pytest.mark.parametrize("size", [-4, 0, 3, 2**31 - 1])
def test_an_element_of_a_wrong_size_is_refused_and_keeps_nobody_busy(size):
    with pytest.raises(Malformed):
        read(b"#bundle\0" + bytes(8) + struct.pack(">i", size) + b"/a\0\0,\0\0\0")


def test_bundles_nested_without_end_are_refused():
    packet = message("/a").dgram
    for _ in range(60):
        packet = b"#bundle\0" + bytes(8) + struct.pack(">i", len(packet)) + packet
    with pytest.raises(Malformed, match="too many"):
        read(packet)


@pytest.mark.parametrize(
    "packet",
    [b"", b"/", b"hello", b"#bundle\0", b"/a\0\0,s\0\0abc", b"/a\0\0,?\0\0", b"/\xff\0\0", b"/" + bytes(MAX_SIZE)],
)
def test_what_is_no_packet_is_refused(packet):
    with pytest.raises(Malformed):
        read(packet)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_messages_or_malformed(packet):
    for head in (b"", b"/", b"/a\0\0,", b"#bundle\0"):
        with suppress(Malformed):
            assert all(isinstance(each, Message) for each in read(head + packet))
