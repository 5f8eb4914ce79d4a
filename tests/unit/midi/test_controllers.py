"""Controllers: signals as control changes, on change and not too often."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stream_v2m.core.resources import configs_folder
from stream_v2m.core.state import State
from stream_v2m.core.values import Affect, Cue, Dynamics
from stream_v2m.midi.channel_message import is_message
from stream_v2m.midi.controllers import RANGES, Controllers, ControllersConfig, signals_of

pytestmark = pytest.mark.unit


def controllers(*maps: dict[str, object], rate_hz: float = 10.0) -> Controllers:
    return Controllers(ControllersConfig.model_validate({"rate_hz": rate_hz, "map": maps}))


def bytes_of(events) -> list[tuple[int, ...]]:
    return [tuple(event.message) for event in events]


MOTION = {"signal": "motion", "controller": 20, "channel": 16}


def test_seven_bits_span_the_signals_range():
    sender = controllers({"signal": "valence", "controller": 3, "channel": 1})
    values = [bytes_of(sender.events({"valence": v}, at=i))[0] for i, v in enumerate((-1.0, 0.0, 1.0, -7.0))]
    assert values == [(0xB0, 3, 0), (0xB0, 3, 64), (0xB0, 3, 127), (0xB0, 3, 0)]


def test_fourteen_bits_are_two_messages_the_coarse_one_first():
    sender = controllers(MOTION | {"bits": 14})
    assert bytes_of(sender.events({"motion": 1.0}, at=0)) == [(0xBF, 20, 127), (0xBF, 52, 127)]
    assert bytes_of(sender.events({"motion": 0.5}, at=1)) == [(0xBF, 20, 64), (0xBF, 52, 0)]


def test_a_mapping_may_be_turned_round():
    sender = controllers(MOTION | {"low": 100, "high": 20})
    assert bytes_of(sender.events({"motion": 0.0}, at=0)) == [(0xBF, 20, 100)]
    assert bytes_of(sender.events({"motion": 1.0}, at=1)) == [(0xBF, 20, 20)]


def test_nothing_is_sent_unless_the_value_changes():
    sender = controllers(MOTION)
    assert len(sender.events({"motion": 0.5}, at=0.0)) == 1
    assert sender.events({"motion": 0.5003}, at=5.0) == []
    assert sender.events({}, at=6.0) == []


def test_what_was_held_back_by_the_rate_follows_when_it_may():
    sender = controllers(MOTION)  # ten a second
    assert len(sender.events({"motion": 0.0}, at=0.0)) == 1
    assert sender.events({"motion": 1.0}, at=0.05) == []
    assert bytes_of(sender.events({"motion": 1.0}, at=0.1)) == [(0xBF, 20, 127)]


@given(
    st.sampled_from(list(RANGES)),
    st.sampled_from([7, 14]),
    st.integers(0, 127),
    st.integers(0, 127),
    st.floats(allow_nan=False),
)
def test_every_value_makes_legal_messages_within_the_bounds(signal, bits, low, high, value):
    sender = controllers({"signal": signal, "controller": 1, "bits": bits, "low": low, "high": high})
    messages = [event.message for event in sender.events({signal: value}, at=0)]
    assert all(is_message(message) for message in messages)
    assert min(low, high) <= messages[0][2] <= max(low, high)


@pytest.mark.parametrize(
    ("maps", "words"),
    [
        ([MOTION | {"bits": 14, "controller": 40}], "up to 31 for 14 bits"),
        ([MOTION | {"controller": 6}], "registered parameter"),
        ([MOTION, MOTION | {"signal": "sad"}], "motion and sad both go to controller 20 of channel 16"),
        ([MOTION | {"bits": 14}, MOTION | {"signal": "sad", "controller": 52}], "both go to controller 52"),
        ([MOTION | {"controller": 123}], "less than or equal to 119"),
        ([MOTION | {"signal": "happiness"}], "'valence'"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(maps, words):
    with pytest.raises(ValidationError, match=words):
        ControllersConfig.model_validate({"map": maps})


def test_the_signals_are_the_states_and_what_is_unknown_is_left_out():
    assert signals_of(State()) == {}
    state = State(
        cue=Cue(0.0, 0.25),
        flow=(0.5, -0.25),
        affect=Affect((0.5, 0.1, 0.1, 0.1, 0.1, 0.1), 0.4, -0.3),
        dynamics=Dynamics(0.2, 9.0),
    )
    signals = signals_of(state)
    assert set(signals) == set(RANGES)
    assert (signals["flow_x"], signals["flow_y"]) == (0.5, -0.25)
    assert (signals["motion"], signals["exciting"], signals["arousal"], signals["density"]) == (0.25, 0.5, -0.3, 9.0)


def test_the_preset_maps_every_signal():
    text = (configs_folder() / "presets" / "controllers.toml").read_text(encoding="utf-8")
    config = ControllersConfig.model_validate(tomllib.loads(text)["controllers"])
    assert {mapping.signal for mapping in config.map} == set(RANGES)


def test_a_zones_motion_is_a_signal_of_its_own():
    sender = controllers({"signal": "zone:left", "controller": 30, "channel": 2})
    messages = sender.events(signals_of(State(zones={"left": 1.0, "right": 0.0})), at=0)
    assert bytes_of(messages) == [(0xB1, 30, 127)]
    assert sender.events(signals_of(State()), at=1) == []
