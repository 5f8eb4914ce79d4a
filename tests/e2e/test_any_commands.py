"""Whatever is commanded, and whenever: every message is legal, every note ends, and the music goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, get_args

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream_v2m.config import Config, style_names
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.commands.command import Command, When
from stream_v2m.core.commands.table import parse_command
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.scales import SCALES
from stream_v2m.core.values import MidiEvent
from stream_v2m.core.witness import Witness
from stream_v2m.core.worker import InlineWorker
from stream_v2m.midi.channel_message import is_message
from stream_v2m.midi.outputs import Outputs
from stream_v2m.midi.recorder import Recorder
from stream_v2m.session import Session
from stream_v2m.sources.film import Film
from stream_v2m.sources.source import SourceConfig

pytestmark = pytest.mark.e2e

SECONDS = 9.0
SHARE, TRIM = st.floats(0, 1), st.floats(-1, 1)
ARGUMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "play": {},
    "stop": {"cadence": st.booleans()},
    "panic": {},
    "hold": {"on": st.booleans()},
    "reseed": {},
    "lock_key": {"key": st.sampled_from(["Eb minor", "D", None])},
    "lock_scale": {"scale": st.sampled_from([*SCALES, None])},
    "transpose": {"semitones": st.integers(-24, 24)},
    "set_tempo": {"bpm": st.floats(20, 300)},
    "tap": {},
    "nudge": {"beats": st.floats(-2, 2)},
    "set_style": {"style": st.sampled_from(style_names())},
    "mute": {"part": st.sampled_from(["bass", "pad", "drums"]), "on": st.booleans()},
    "solo": {"part": st.sampled_from(["bass", "arpeggio", "strings"]), "on": st.booleans()},
    "set_temperature": {"value": st.floats(0, 2)},
    "set_cue_strength": {"value": SHARE},
    "set_pace_strength": {"value": SHARE},
    "trim_density": {"value": TRIM},
    "trim_loudness": {"value": TRIM},
}
COMMAND = st.sampled_from(sorted(ARGUMENTS)).flatmap(
    lambda name: st.fixed_dictionaries({**ARGUMENTS[name], "when": st.sampled_from(get_args(When))}).map(
        lambda arguments: parse_command(name, arguments)
    )
)
SCRIPT = st.lists(st.tuples(st.floats(0, SECONDS), COMMAND), min_size=4, max_size=16)


class Sent(Witness):
    """Every message that was sent."""

    def __init__(self) -> None:
        self.messages: list[MidiEvent] = []

    def sent(self, messages: Sequence[MidiEvent]) -> None:
        self.messages += messages


def perform(script: list[tuple[float, Command]], recorder: Recorder) -> tuple[Sent, Session]:
    """Play the built-in film on a virtual clock, with the commands at their moments."""

    async def main() -> tuple[Sent, Session]:
        clock, sent = VirtualClock(), Sent()
        film = Film(SourceConfig(), seconds=SECONDS, rate_hz=5)
        session = Session(
            Config(), film, Outputs(), clock=clock, worker=lambda _: InlineWorker(), witnesses=[sent, recorder]
        )

        async def turn() -> None:
            for moment, command in sorted(script, key=lambda turn: turn[0]):
                await clock.sleep_until(moment)
                with suppress(ConfigError):  # a part that this style does not have
                    session.command(command)
            await asyncio.Event().wait()

        await session.run(turn)
        return sent, session

    return run_virtual(main())


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(script=SCRIPT)
def test_whatever_is_commanded_every_message_is_legal_and_every_note_ends(tmp_path_factory, script):
    path = tmp_path_factory.mktemp("any") / "any.mid"
    sent, session = perform(script, Recorder(path))
    assert session.board.state.phase == "stopped"
    assert sent.messages
    assert all(is_message(event.message) for event in sent.messages)
    notes = [event for event in sent.messages if event.message[0] & 0xF0 == 0x90]
    assert all(event.release is not None and event.release > event.due for event in notes)
    for track in mido.MidiFile(path).tracks:
        sounding: set[tuple[int, int]] = set()
        for message in track:
            if message.type == "note_on":
                assert (message.channel, message.note) not in sounding
                sounding.add((message.channel, message.note))
            elif message.type == "note_off":
                sounding.remove((message.channel, message.note))
        assert not sounding
