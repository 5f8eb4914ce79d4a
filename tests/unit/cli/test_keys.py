"""Keys: what terminals send, and what each key asks for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from stream_v2m.cli.keys import keys_for, parse_keys, part_command
from stream_v2m.cli.terminal import steer
from stream_v2m.core.clock import run_virtual
from stream_v2m.core.commands.arrangement import Mute, SetStyle, Solo
from stream_v2m.core.commands.command import Command
from stream_v2m.core.commands.harmony import Transpose
from stream_v2m.core.commands.performance import Panic, Play, SetSource, Stop
from stream_v2m.core.commands.table import COMMANDS
from stream_v2m.core.controls import Controls
from stream_v2m.core.errors import ConfigError
from stream_v2m.core.state import Board, SourceState, State

pytestmark = pytest.mark.unit

STYLES = ["ambient", "arpeggio", "techno"]
PLAYING = State(phase="playing", bpm=120.0, parts=("bass", "pad"), controls=Controls(style="arpeggio"))


def command(name: str, state: State = PLAYING) -> Command:
    return keys_for(STYLES)[name].command(state)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (" hA", ["space", "h", "A"]),
        ("\x1b[A\x1b[B\x1bOC\x1b[D", ["up", "down", "right", "left"]),
        ("\x1b3p", ["alt+3", "p"]),
        ("\x1b[15~\x1b[1;5Cx", ["x"]),
        ("\r\n\x00\x1b", []),
        ("é", ["é"]),
    ],
)
def test_characters_become_names_of_keys_and_what_nobody_knows_is_left_out(text, names):
    assert parse_keys(text) == names


def test_every_key_gives_a_legal_command_at_both_ends_of_every_range():
    low = Controls(
        bpm=20, transpose=-24, affect_strength=0, cue_strength=0, density_trim=-1, loudness_trim=-1, style="gone"
    )
    high = Controls(bpm=300, transpose=24, density_trim=1, loudness_trim=1, affect_strength=1, style="techno")
    for state in (replace(PLAYING, controls=low, bpm=20.0), replace(PLAYING, controls=high, bpm=300.0)):
        for key in keys_for(STYLES).values():
            assert type(key.command(state)) in COMMANDS.values()


def test_the_space_bar_stops_what_plays_and_plays_what_rests():
    assert command("space") == Stop()
    assert command("space", replace(PLAYING, controls=Controls(playing=False))) == Play()


def test_brackets_go_round_the_styles():
    assert command("]") == SetStyle(style="techno")
    assert command("[") == SetStyle(style="ambient")
    assert command("]", replace(PLAYING, controls=Controls(style="techno"))) == SetStyle(style="ambient")


def test_digits_mute_and_with_alt_solo_the_parts_in_their_order():
    assert part_command("2", PLAYING) == Mute(part="pad")
    assert part_command("alt+1", PLAYING) == Solo(part="bass")
    muted = replace(PLAYING, controls=Controls(muted=frozenset({"pad"})))
    assert part_command("2", muted) == Mute(part="pad", on=False)
    assert [part_command(key, PLAYING) for key in ("3", "0", "alt+9", "x", "²")] == [None] * 5


class Typed:
    """A keyboard on which everything is typed at once, and then nothing."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.left = list(texts), False

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.left = True

    async def read(self) -> str:
        if not self.texts:
            await asyncio.get_running_loop().create_future()
        return self.texts.pop(0)


def steered(*texts: str, refuse: type[Command] | None = None) -> tuple[list[Command], Board, Typed]:
    obeyed: list[Command] = []
    keyboard, board = Typed(*texts), Board(PLAYING)

    def obey(asked: Command) -> None:
        if refuse is not None and isinstance(asked, refuse):
            raise ConfigError("not now", where="keys")
        obeyed.append(asked)

    async def type_for_a_while() -> None:
        try:
            async with asyncio.timeout(1):
                await steer(keyboard, obey, board, styles=STYLES)
        except TimeoutError:
            pass

    run_virtual(type_for_a_while())
    return obeyed, board, keyboard


def test_after_the_quantising_key_commands_wait_for_the_beat_but_a_panic_does_not():
    obeyed, board, _ = steered("\x1b[A", "b\x1b[Ap")
    assert obeyed == [Transpose(semitones=1), Transpose(semitones=1, when="beat"), Panic()]
    assert board.state.notices == ("keys take effect on the next beat",)


def test_what_is_refused_is_told_and_the_keys_go_on():
    obeyed, board, keyboard = steered("]p", refuse=SetStyle)
    assert obeyed == [Panic()]
    assert board.state.notices == ("keys: not now",)
    assert keyboard.left


def test_the_question_mark_names_every_key():
    _, board, _ = steered("?")
    assert all(f"{key.name} {key.does}" in board.state.notices[0] for key in keys_for(STYLES).values())


def test_v_goes_round_the_sources():
    two = replace(PLAYING, sources=("cam", "back"), source=SourceState(name="back"))
    assert command("v", two) == SetSource(source="cam")
    assert command("v", replace(two, source=SourceState(name="cam"))) == SetSource(source="back")
