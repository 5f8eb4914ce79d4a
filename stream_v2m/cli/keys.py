"""The keys of a performance in a terminal: which key means which live command."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from stream_v2m.core.commands.arrangement import Mute, SetStyle, Solo, TrimDensity, TrimLoudness
from stream_v2m.core.commands.command import Command, When
from stream_v2m.core.commands.gestures import SetCueStrength
from stream_v2m.core.commands.harmony import Hold, Reseed, Transpose
from stream_v2m.core.commands.mood import FreezeRange, SetAffectStrength
from stream_v2m.core.commands.performance import Panic, Play, Quit, SetSource, Stop
from stream_v2m.core.commands.tempo import Nudge, SetTempo, Tap
from stream_v2m.core.state import State

NUDGE = 1 / 24  # beats: a MIDI clock's pulse
STEP = 0.1  # of strengths and trims

# What terminals send (ECMA-48; xterm): arrows, and Alt as an escape before the key.
_SEQUENCES = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left", " ": "space"}
_DIGITS = tuple("123456789")
_TOKEN = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]|\x1b[0-9]|[^\x1b]")


def parse_keys(text: str) -> list[str]:
    """The names of the keys whose characters arrived; what no key here sends is left out."""
    keys = []
    for token in _TOKEN.findall(text.replace("\x1bO", "\x1b[")):
        if token.startswith("\x1b") and token[1:].isdigit():
            keys.append(f"alt+{token[1:]}")
        elif token in _SEQUENCES:
            keys.append(_SEQUENCES[token])
        elif token.isprintable():
            keys.append(token)
    return keys


@dataclass(frozen=True, slots=True)
class Key:
    """One key: how it is written, what it does, and the command that it gives in a state."""

    name: str
    does: str
    command: Callable[[State], Command]


def keys_for(styles: Sequence[str]) -> dict[str, Key]:
    """Every key by name; ``styles`` are those that brackets go through."""

    def turned(state: State, by: int) -> Command:
        here = styles.index(state.controls.style) if state.controls.style in styles else -by
        return SetStyle(style=styles[(here + by) % len(styles)])

    table = [
        Key("space", "play or stop", _transport),
        Key("p", "panic: silence now", lambda state: Panic()),
        Key("h", "hold the chord", lambda state: Hold(on=not state.controls.hold)),
        Key("r", "re-roll what comes", lambda state: Reseed()),
        Key("t", "tap the tempo", lambda state: Tap()),
        Key("+", "faster", lambda state: SetTempo(bpm=min(300.0, round(state.bpm) + 1))),
        Key("-", "slower", lambda state: SetTempo(bpm=max(20.0, round(state.bpm) - 1))),
        Key("right", "nudge the beat ahead", lambda state: Nudge(beats=NUDGE)),
        Key("left", "nudge the beat back", lambda state: Nudge(beats=-NUDGE)),
        Key("up", "a semitone up", lambda state: Transpose(semitones=min(24, state.controls.transpose + 1))),
        Key("down", "a semitone down", lambda state: Transpose(semitones=max(-24, state.controls.transpose - 1))),
        Key("A", "mood steers more", lambda state: SetAffectStrength(value=_share(state.controls.affect_strength, 1))),
        Key("a", "mood steers less", lambda state: SetAffectStrength(value=_share(state.controls.affect_strength, -1))),
        Key("M", "motion shapes more", lambda state: SetCueStrength(value=_share(state.controls.cue_strength, 1))),
        Key("m", "motion shapes less", lambda state: SetCueStrength(value=_share(state.controls.cue_strength, -1))),
        Key("D", "denser", lambda state: TrimDensity(value=_trim(state.controls.density_trim, 1))),
        Key("d", "thinner", lambda state: TrimDensity(value=_trim(state.controls.density_trim, -1))),
        Key("L", "louder", lambda state: TrimLoudness(value=_trim(state.controls.loudness_trim, 1))),
        Key("l", "softer", lambda state: TrimLoudness(value=_trim(state.controls.loudness_trim, -1))),
        Key("]", "next style", lambda state: turned(state, 1)),
        Key("[", "style before", lambda state: turned(state, -1)),
        Key("v", "next source", _next_source),
        Key("f", "freeze the range of motion and mood", lambda state: FreezeRange(on=not state.controls.range_frozen)),
        Key("q", "end on a cadence, twice at once", lambda state: Quit(cadence=state.phase == "playing")),
    ]
    return {key.name: key for key in table}


def part_command(key: str, state: State) -> Command | None:
    """A digit mutes a part or lets it sound again, with Alt it solos it; None for every other key."""
    digit = key.removeprefix("alt+")
    if digit not in _DIGITS or int(digit) > len(state.parts):
        return None
    part = state.parts[int(digit) - 1]
    if key.startswith("alt+"):
        return Solo(part=part, on=part not in state.controls.soloed)
    return Mute(part=part, on=part not in state.controls.muted)


def next_when(when: When) -> When:
    """What the quantisation key makes of ``when``: now, beat, bar, and round again."""
    choices: tuple[When, ...] = get_args(When)
    return choices[(choices.index(when) + 1) % len(choices)]


def _transport(state: State) -> Command:
    return Stop() if state.controls.playing else Play()


def _next_source(state: State) -> Command:
    """The one after that which plays, round and round; the only one again if there is no other."""
    names = state.sources or (state.source.name,)
    here = names.index(state.source.name) if state.source.name in names else -1
    return SetSource(source=names[(here + 1) % len(names)])


def _share(value: float, direction: int) -> float:
    return min(1.0, max(0.0, round(value + direction * STEP, 3)))


def _trim(value: float, direction: int) -> float:
    return min(1.0, max(-1.0, round(value + direction * STEP, 3)))
