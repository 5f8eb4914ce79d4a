"""The live view and the JSON lines: what they show, how often, and when they end."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from stream_v2m.cli.live import Glow, log_json, show
from stream_v2m.cli.view import view
from stream_v2m.core.chords import VOCABULARY, Chord, Key
from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.controls import Controls
from stream_v2m.core.inputs import InputState
from stream_v2m.core.state import Board, PlayerState, SourceState, State
from stream_v2m.core.values import Affect, Cue, Dynamics, Event

pytestmark = pytest.mark.unit

KEY = Key.parse("Eb major")
HISTORY = tuple(Chord.parse(name, KEY) for name in ("Eb:maj7", "C:min7", "F:min7", "Bb:7", "G:hdim7") * 3)
FULL = State(
    phase="playing",
    time=72.34,
    bpm=120.04,
    tempo="following 120.0 bpm",
    parts=("bass", "pad", "drums"),
    waiting=("transpose",),
    inputs=(InputState("port:nano", "nanoKONTROL2"), InputState("port:x", problem="no such MIDI port")),
    controls=Controls(hold=True, transpose=-3, muted=frozenset({"drums"}), soloed=frozenset({"bass", "pad"})),
    source=SourceState("a film with quite a long name that has to be cut somewhere, surely.mp4", "playing", 9, 25.0, 3),
    player=PlayerState("playing", ("virtual:stream_v2m", "synth"), True, 812, 2, 0, 0.05, 0.21, 1.2, 6, 1),
    estimator="color",
    provider="cpu",
    affect=Affect((0.42, 0.1, 0.18, 0.05, 0.2, 0.05), 0.42, -0.3),
    cue=Cue(72.3, 0.5),
    cuts=12,
    flashes=2,
    key=KEY,
    chord=HISTORY[0],
    next_chord=HISTORY[1],
    history=HISTORY,
    dynamics=Dynamics(0.12, 11.4),
    step=36,
    step_ms=3.42,
    blind_steps=1,
    notices=("port 'synth' came back",),
)


def drawn(state: State, *, width: int = 80, **options: Any) -> list[str]:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(view(state, **options))
    return console.export_text().splitlines()


def test_the_view_tells_the_music_the_mood_and_how_the_machine_does():
    text = "\n".join(drawn(FULL))
    for words in (
        "● playing  01:12.3",
        "┃   E♭maj7  ┃  → Cm7 ",
        "Fm7  B♭7  Gø7",
        "E♭ major · 120 bpm · arpeggio",
        "turned    held · -3 semitones · transpose waits",
        "parts     1 bass  2 pad  3 drums",
        "inputs    nanoKONTROL2 · port:x is missing · following 120.0 bpm",
        "valence   ────────┼──●───── +0.42   arousal  ──────●─┼──────── -0.30",
        "exciting  ━━━━─────  42%",
        "motion    ━━━━━━━━━━━━────────────    cut 12  flash 2",
        "0.12 of full scale",
        "11.4 notes at a time",
        "25.0 frames/s",
        "3 dropped",
        "step 36 · 3.4 ms · 1 blind · mood by color · on cpu",
        "p99 0.21 ms late · 2 too late · 1 restarts · real-time",
        "virtual:stream_v2m, synth · 6 notes sound",
        "! port 'synth' came back",
    ):
        assert words in text


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("state", [State(), FULL], ids=["empty", "full"])
def test_no_line_is_wrapped_and_the_height_does_not_hang_on_the_width(state: State, width: int):
    lines = drawn(state, width=width)
    assert max(map(len, lines)) <= width
    assert len(lines) == len(drawn(state)) <= 23  # of a terminal's usual 24


def test_at_80_columns_nothing_is_cut_but_a_long_name():
    cut = [line for line in drawn(FULL) if "…" in line]
    assert [line.split()[0] for line in cut] == ["stream_v2m"]


@pytest.mark.parametrize("value", [-1.0, -0.001, 0.0, 1.0, 7.0])
def test_values_at_and_beyond_their_bounds_are_drawn_in_the_same_width(value: float):
    state = replace(FULL, affect=Affect((max(0.0, min(1.0, value)),) * 6, value, value), cue=Cue(0.0, value))
    assert len(drawn(state)[7]) == len(drawn(FULL)[7])
    assert len(drawn(state)) == len(drawn(FULL))


def test_every_chord_fits_its_box():
    for label in range(VOCABULARY):
        box = drawn(replace(FULL, chord=Chord.from_index(label, KEY)))[3:6]
        assert [line[1] + line[13] for line in box] == ["┏┓", "┃┃", "┗┛"]


def test_a_cut_glows_for_a_moment_and_flashes_do_not_light_it():
    glow, state = Glow(), State()
    assert glow.lit(state, 0.0) == set()
    assert glow.lit(replace(state, cuts=1), 1.0) == {Event.CUT}
    assert glow.lit(replace(state, cuts=1), 1.3) == {Event.CUT}
    assert glow.lit(replace(state, cuts=1, flashes=1), 1.5) == {Event.FLASH}
    assert glow.lit(replace(state, cuts=1, flashes=1), 2.0) == set()


def test_what_glows_is_lit_on_the_screen():
    console = Console(width=80, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)
    console.print(view(FULL, lit={Event.CUT}))
    assert "\x1b[30;47m cut 12 " in console.file.getvalue()  # type: ignore[attr-defined]


def perform(surface: Coroutine[Any, Any, None], board: Board, *, seconds: float, rate_hz: float = 100) -> float:
    """Move the state for a while, stop it, and wait for the surface to end; the seconds that all took."""

    async def main() -> float:
        clock = VirtualClock()
        showing = asyncio.create_task(surface)
        for tick in range(int(seconds * rate_hz)):
            await clock.sleep_until(tick / rate_hz)
            board.update(time=clock.now(), step=int(clock.now()), phase="playing")
        board.update(phase="stopped")
        await showing
        return clock.now()

    return run_virtual(main())


class CountingConsole(Console):
    """Counts how often it is drawn on."""

    pictures = 0

    def print(self, *objects: Any, **options: Any) -> None:
        self.pictures += 1
        super().print(*objects, **options)


def test_the_screen_is_drawn_calmly_and_the_end_stays_on_it():
    console = CountingConsole(width=80, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    board = Board(FULL)
    assert perform(show(board, VirtualClock(), console), board, seconds=5) < 5.2
    assert 30 <= console.pictures <= 45
    assert "stopped" in console.file.getvalue().rpartition("a film with")[2]  # type: ignore[attr-defined]


def test_where_there_is_no_terminal_only_the_end_is_printed():
    console = Console(width=80, file=io.StringIO())
    board = Board(FULL)
    perform(show(board, VirtualClock(), console), board, seconds=5)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("a film with") == 1
    assert "● stopped" in text


def test_a_cancelled_view_lets_go_of_the_screen_and_the_board():
    async def main() -> None:
        console = Console(width=80, file=io.StringIO(), force_terminal=True, legacy_windows=False)
        board = Board(FULL)
        showing = asyncio.create_task(show(board, VirtualClock(), console))
        await asyncio.sleep(1)
        board.update(step=37)
        showing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await showing
        assert console.file.getvalue().endswith("\x1b[?25h")  # type: ignore[attr-defined]  # the cursor is back
        assert "step 37" in console.file.getvalue()  # type: ignore[attr-defined]
        assert not board._watchers

    run_virtual(main())


def test_json_lines_come_with_steps_phases_and_notices_and_with_nothing_else():
    out = io.StringIO()
    board = Board(replace(FULL, phase="starting", step=0, notices=()))

    async def main() -> None:
        writing = asyncio.create_task(log_json(board, out))
        for change in (
            {"phase": "playing"},
            {"time": 1.0},
            {"step": 1},
            {"notices": ("one",)},
            {"cuts": 13},
            {"notices": ("one", "one", "two")},
            {"phase": "stopped"},
        ):
            await asyncio.sleep(1)
            board.update(**change)
        await writing

    run_virtual(main())
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["phase"], line["step"], line["notices"]) for line in lines] == [
        ("starting", 0, []),
        ("playing", 0, []),
        ("playing", 1, []),
        ("playing", 1, ["one"]),
        ("playing", 1, ["one", "two"]),
        ("stopped", 1, []),
    ]
    assert lines[0]["chord"] == "Eb:maj7"
    assert lines[0]["emotion"] == "exciting"


def test_a_state_of_which_nothing_is_known_yet_is_a_line_of_json_too():
    out = io.StringIO()
    board = Board(State())
    perform(log_json(board, out), board, seconds=1)
    first = json.loads(out.getvalue().splitlines()[0])
    assert (first["chord"], first["emotion"], first["loudness"]) == (None, None, None)
