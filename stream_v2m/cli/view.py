"""A picture of the state for a terminal of 80 columns: the music, the mood, what moves, how the machine does.

One styled text, and no tables: it is drawn on the event loop, between two ticks of the music.
"""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Group, RenderableType
from rich.text import Text

from stream_v2m.cli.palette import chord_name
from stream_v2m.core.chords import Chord
from stream_v2m.core.emotions import EMOTIONS
from stream_v2m.core.inputs import InputState
from stream_v2m.core.state import State
from stream_v2m.core.values import Affect, Event

COLORS = dict(zip(EMOTIONS, ("yellow", "magenta", "red", "blue", "green", "bright_black"), strict=True))
PHASES = {"starting": "yellow", "playing": "green", "resting": "yellow", "ending": "yellow", "stopped": "bright_black"}
WIDTH = 79
PAST_CHORDS = 8
NOTICES = 3
BAR, SMALL_BAR, SLIDER = 24, 9, 17
LABEL = 10
FULL_LOUDNESS, FULL_DENSITY = 0.5, 30.0  # the data's linear RMS and notes a second hardly reach these


def view(state: State, *, lit: Collection[Event] = ()) -> RenderableType:
    """Draw ``state`` in a score of lines; ``lit`` are the kinds of event that happened a moment ago."""
    lines = [
        _title(state),
        Text("─" * WIDTH, style="bright_black"),
        *_music(state),
        Text(),
        *_mood(state.affect),
        Text(),
        *_movement(state, lit),
        Text(),
        *_machine(state),
        *_turned(state),
        *(Text.assemble(("! ", "bold yellow"), notice) for notice in state.notices[-NOTICES:]),
    ]
    text = Text("\n ", no_wrap=True, overflow="ellipsis").join([Text(), *lines])
    return Group(text)  # printed by itself a text would forget that it is not to be wrapped


def _symbol(chord: Chord | None) -> str:
    return (chord and chord_name(chord)) or "–"


def _title(state: State) -> Text:
    minutes, seconds = divmod(max(0.0, state.time), 60)
    phase = f"● {state.phase}"
    time = f"  {int(minutes):02d}:{seconds:04.1f}"
    name = Text.assemble(("stream_v2m  ", "bold"), state.source.name)
    name.truncate(WIDTH - len(phase) - len(time) - 2, overflow="ellipsis", pad=True)
    return Text.assemble(name, "  ", (phase, PHASES[state.phase]), time)


def _music(state: State) -> list[Text]:
    """The chord that sounds in a box of the mood's colour; beside it what comes, what was, and the frame of it all."""
    edge = COLORS[state.affect.emotion] if state.affect else "bright_black"
    past = "  ".join(_symbol(chord) for chord in state.history[-PAST_CHORDS:])
    return [
        Text("┏━━━━━━━━━━━┓", style=edge),
        Text.assemble(
            ("┃", edge),
            (_symbol(state.chord).center(11), "bold"),
            ("┃", edge),
            "  → ",
            (_symbol(state.next_chord).ljust(9), "bold"),
            (past, "bright_black"),
        ),
        Text.assemble(("┗━━━━━━━━━━━┛", edge), "  ", _frame(state)),
    ]


def _frame(state: State) -> str:
    key = state.key
    name = f"{chord_name(Chord(key.tonic, 'maj', key))} {key.mode}" if key else "no key yet"
    scale = f"{state.controls.scale.replace('_', ' ')} scale" if state.controls.scale else ""
    tempo = f"{round(state.bpm, 1):g} bpm"
    return " · ".join(word for word in (name, scale, tempo, state.controls.style) if word)


def _mood(affect: Affect | None) -> list[Text]:
    plane = Text.assemble(
        "valence".ljust(LABEL),
        _slider(affect.valence if affect else None),
        f" {affect.valence:+.2f}   " if affect else " " * 9,
        "arousal  ",
        _slider(affect.arousal if affect else None),
        f" {affect.arousal:+.2f}" if affect else "",
    )
    return [plane, *(Text("  ").join(_emotion(affect, name) for name in row) for row in (EMOTIONS[:3], EMOTIONS[3:]))]


def _emotion(affect: Affect | None, name: str) -> Text:
    share = affect.probabilities[EMOTIONS.index(name)] if affect else 0.0
    leads = affect is not None and affect.emotion == name
    return Text.assemble(
        (name.ljust(LABEL), "bold" if leads else "bright_black"),
        _bar(share, COLORS[name], SMALL_BAR),
        f" {share:3.0%}".rjust(5),
    )


def _movement(state: State, lit: Collection[Event]) -> list[Text]:
    dynamics = state.dynamics
    loudness, density = (dynamics.loudness, dynamics.note_density) if dynamics else (0.0, 0.0)
    return [
        Text.assemble(
            "motion".ljust(LABEL),
            _bar(state.cue.motion if state.cue else 0.0, "cyan", BAR),
            "   ",
            (f" cut {state.cuts} ", "black on white" if Event.CUT in lit else "bright_black"),
            (f" flash {state.flashes} ", "black on yellow" if Event.FLASH in lit else "bright_black"),
        ),
        Text.assemble(
            "loudness".ljust(LABEL), _bar(loudness / FULL_LOUDNESS, "cyan", BAR), f"    {loudness:.2f} of full scale"
        ),
        Text.assemble(
            "density".ljust(LABEL), _bar(density / FULL_DENSITY, "cyan", BAR), f"    {density:.1f} notes at a time"
        ),
    ]


def _machine(state: State) -> list[Text]:
    source, player = state.source, state.player
    return [
        _line(
            "picture",
            source.status,
            f"{source.rate_hz:.1f} frames/s",
            f"{source.latency_ms:.0f} ms to arrive" if source.latency_ms else "",
            f"{source.observe_ms:.1f} ms to a cue",
            _count(source.dropped, "dropped"),
        ),
        _line(
            "models",
            f"step {state.step}",
            f"{state.step_ms:.1f} ms",
            _count(state.blind_steps, "blind"),
            _estimators(state),
            f"on {state.provider}" if state.provider else "",
        ),
        _line(
            "player",
            player.status,
            f"p99 {player.lateness_p99_ms:.2f} ms late" if player.sent else "",
            _count(player.late, "too late"),
            _count(player.dropped, "dropped"),
            _count(player.restarts, "restarts"),
            "real-time" if player.realtime else "not real-time",
        ),
        _line("ports", ", ".join(player.ports) or "none", f"{player.sounding} notes sound"),
        *(
            [_line("inputs", *(_input(each) for each in state.inputs), state.tempo)]
            if state.inputs or state.tempo
            else []
        ),
        *([_parts(state)] if state.parts else []),
    ]


def _input(state: InputState) -> str | Text:
    return state.name or Text(f"{state.spec} is missing", style="yellow")


def _parts(state: State) -> Text:
    """The parts with the keys that mute them; what is not heard is struck through."""
    words = []
    for number, part in enumerate(state.parts, start=1):
        style = "bold" if part in state.controls.soloed else "" if state.controls.audible(part) else "strike"
        words.append(Text.assemble((f"{number} ", "bright_black"), (part, style)))
    return Text.assemble(("parts".ljust(LABEL), "bright_black"), Text("  ").join(words))


def _turned(state: State) -> list[Text]:
    """What somebody who wonders at the music should know of; nothing while nothing is turned."""
    controls = state.controls
    words = [
        "held" if controls.hold else "",
        f"{controls.transpose:+d} semitones" if controls.transpose else "",
        f"density {controls.density_trim:+.1f}" if controls.density_trim else "",
        f"loudness {controls.loudness_trim:+.1f}" if controls.loudness_trim else "",
        "range frozen" if controls.range_frozen else "",
        *(f"{name} waits" for name in state.waiting),
    ]
    return [_line("turned", *words)] if any(words) else []


def _estimators(state: State) -> str | Text:
    """Who tells the mood, and how old it is where that is not of this frame."""
    if not state.estimator:
        return ""
    ages = [estimator.age for estimator in state.estimators if estimator.rate_hz and estimator.age is not None]
    slow = f", {max(ages):.1f} s ago" if ages else ""
    if state.affect is None and state.source.frames:
        return Text(f"no mood by {state.estimator}", style="yellow")
    return f"mood by {state.estimator}{slow}"


def _line(label: str, *words: str | Text) -> Text:
    said = [word if isinstance(word, Text) else Text(word) for word in words if word]
    return Text.assemble((label.ljust(LABEL), "bright_black"), Text(" · ").join(said))


def _count(number: int, what: str) -> str | Text:
    """Nothing is said of what did not happen."""
    return Text(f"{number} {what}", style="yellow") if number else ""


def _bar(share: float, color: str, width: int) -> Text:
    """Heavy for what is there, light for the rest, so that it reads without colours too."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return Text.assemble((full, color), ("─" * (width - len(full)), "bright_black"))


def _slider(value: float | None) -> Text:
    """−1…1 as a point on a line with its middle marked."""
    line = "─" * (SLIDER // 2) + "┼" + "─" * (SLIDER // 2)
    if value is None:
        return Text(line, style="bright_black")
    place = round((min(1.0, max(-1.0, value)) + 1) / 2 * (SLIDER - 1))
    return Text.assemble((line[:place], "bright_black"), ("●", "bold"), (line[place + 1 :], "bright_black"))
