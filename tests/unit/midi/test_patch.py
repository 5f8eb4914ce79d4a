"""A port that comes back is told what holds."""

import pytest

from stream_v2m.midi.channel_message import control_change, program_change, resets
from stream_v2m.midi.patch import Patch

pytestmark = pytest.mark.unit

BANK, VOLUME = 0, 7


def test_a_style_with_a_bank_after_one_without_is_restored_with_the_bank_before_the_program():
    patch = Patch()
    for message in (program_change(1, 5), control_change(1, VOLUME, 90)):
        patch.note(message)
    later = [control_change(1, BANK, 8), program_change(1, 6), control_change(1, VOLUME, 80)]
    for message in later:
        patch.note(message)
    assert patch.restore() == [*resets(1), *later]
