"""What outlasts a note is remembered, the newest of each."""

import pytest

from stream_v2m.core.lasting import Lasting

pytestmark = pytest.mark.unit


def kept(*messages: bytes) -> list[bytes]:
    lasting: Lasting[bytes] = Lasting()
    for message in messages:
        lasting.note(message, message)
    return list(lasting)


def test_the_newest_program_and_value_of_each_controller_and_channel_are_kept():
    told = [b"\xc0\x05", b"\xb0\x07\x40", b"\xb1\x07\x50", b"\xb0\x07\x60", b"\xc0\x06"]
    assert kept(*told) == [b"\xb1\x07\x50", b"\xb0\x07\x60", b"\xc0\x06"]


def test_a_bank_that_is_told_later_still_comes_before_its_program():
    bank = [b"\xb0\x00\x01", b"\xb0\x20\x02"]
    assert kept(b"\xc0\x05", *bank, b"\xc0\x06") == [*bank, b"\xc0\x06"]


def test_notes_commands_to_a_channel_and_clock_pulses_are_not_kept():
    assert kept(b"\x90\x3c\x5a", b"\x80\x3c\x00", b"\xb0\x79\x00", b"\xb0\x7b\x00", b"\xe0\x00\x40", b"\xf8") == []
