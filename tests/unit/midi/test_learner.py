"""Which touch a learner takes for the one that was meant."""

from __future__ import annotations

import pytest

from stream_v2m.core.errors import ConfigError
from stream_v2m.midi.binding import Binding
from stream_v2m.midi.channel_message import control_change, note_off, note_on, program_change
from stream_v2m.midi.learner import Learner

pytestmark = pytest.mark.unit

CHATTER = [b"\xf8", b"\xfe", b"\xfa", b"\xe0\x00\x41", b"\xd0\x10", b"\xa0\x3c\x10", note_off(1, 60), note_on(1, 60, 0)]


def learn(command: str, messages: list[bytes], **arguments: object) -> Binding | None:
    learner = Learner()
    learner.arm(command, arguments)
    return next((binding for message in messages if (binding := learner.hear(message))), None)


def turn(values: list[int], number: int = 21) -> list[bytes]:
    return [control_change(3, number, value) for value in values]


def test_what_is_no_touch_is_passed_over():
    learnt = learn("tap", [*CHATTER, note_on(10, 36, 90)])
    assert learnt == Binding(command="tap", note=36, channel=10)


def test_a_knob_that_is_turned_is_learnt_and_one_that_trembles_is_not():
    trembling = turn([50, 51, 50, 49, 51], number=9)
    assert learn("set_tempo", trembling) is None
    learnt = learn("set_tempo", [*trembling, *turn([10, 14, 18, 22])])
    assert learnt == Binding(command="set_tempo", cc=21, channel=3)


def test_a_command_that_wants_a_number_is_not_learnt_from_a_key():
    assert learn("set_tempo", [note_on(1, 60, 90), program_change(1, 5)]) is None
    assert learn("set_tempo", [note_on(1, 60, 90)], bpm=96) == Binding(
        command="set_tempo", arguments={"bpm": 96}, note=60, channel=1
    )


def test_a_button_that_sends_a_controller_is_learnt_going_down_not_going_up():
    assert learn("hold", turn([0])) is None
    assert learn("hold", turn([127])) == Binding(command="hold", cc=21, channel=3)
    assert learn("hold", turn([0, 100])) == Binding(command="hold", cc=21, channel=3)


def test_a_program_change_is_learnt_and_the_bank_before_it_is_not():
    bank = [control_change(1, 0, 0), control_change(1, 32, 3)]
    assert learn("tap", [*bank, program_change(1, 5)]) == Binding(command="tap", program=5, channel=1)


def test_once_it_has_learnt_it_waits_no_more():
    learner = Learner()
    assert learner.hear(note_on(1, 60, 90)) is None
    learner.arm("mute", {"part": "bass"})
    assert learner.armed == "mute"
    assert learner.hear(note_on(1, 60, 90)) is not None
    assert learner.armed is None
    assert learner.hear(note_on(1, 61, 90)) is None


def test_what_cannot_be_bound_is_refused_when_arming_and_the_former_goes_on_waiting():
    learner = Learner()
    learner.arm("tap", {})
    with pytest.raises(ConfigError, match="part="):
        learner.arm("mute", {})
    assert learner.armed == "tap"


def test_arguments_without_a_value_are_left_out_since_the_file_knows_no_null():
    assert learn("lock_key", [note_on(1, 60, 90)], key=None) == Binding(command="lock_key", note=60, channel=1)
