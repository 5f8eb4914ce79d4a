"""``stream-v2m style``: list the styles, check one's own, hear every part of one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.core.tempo import USUAL_BPM

if TYPE_CHECKING:  # imported by the command that needs it: --help answers at once
    from stream_v2m.config import Config
    from stream_v2m.music.style import Part, Style

app = typer.Typer(help="List styles, check one's own, hear every part of one.", no_args_is_help=True)

ASKED = range(27)  # notes a second; nearly all that the models ask for, with motion on top
SHOWN = (4, 8, 16, 24)
TOLERANCE, TOLERANCE_PART = 1.0, 0.1  # notes a second, and of the asked number
LATE_STROKES = 0.5  # beats; what is struck closer needs a sound that speaks at once
SHARED = 0.5  # of the narrower register

# A meadow, rain, a flight through neon lights, fog that stands still: five seconds each, with cuts between.
FILM = "film:seed=522&seconds={seconds:g}"
# The arrows from the picture as strong as they go: every density comes, so every part is heard.
WIDE = ("music.motion_density=1", "music.arousal_density=1", "music.stillness=1")


@app.command("list")
def list_command() -> None:
    """Name, tempo, parts and description of every style."""
    from stream_v2m.config import find_style, style_names

    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("style", "bpm", "parts", "description"):
        table.add_column(head, justify="right" if head == "bpm" else "left")
    for name in style_names():
        style = find_style(name)
        table.add_row(name, f"{style.bpm or USUAL_BPM:g}", " ".join(style.part_names), style.description)
    Console().print(table)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Files, or names of styles.", show_default=False)],
) -> None:
    """Read styles as a performance would; say what they hold, and what may not be meant so."""
    from stream_v2m.config import find_style

    console, faults = Console(), 0
    for file in files:
        try:
            style = find_style(file)
        except ConfigError as error:
            faults += 1
            console.print(f"[red]wrong[/red]  {error}", highlight=False, soft_wrap=True)
            continue
        console.print(f"[green]ok[/green]  [bold]{style.name}[/bold]  {style.description}", highlight=False)
        console.print(summary(style))
        for warning in warnings(style):
            console.print(f"[yellow]look[/yellow]  {warning}", highlight=False, soft_wrap=True)
    if faults:
        raise typer.Exit(1)


@app.command()
def audition(
    style: Annotated[str, typer.Argument(help="A style's name or file.", show_default=False)],
    seconds: Annotated[float, typer.Option("--seconds", min=10, max=600, help="Length of the film.")] = 20.0,
    bpm: Annotated[float | None, typer.Option("--bpm", help="Beats a minute; the style's own if not given.")] = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="synth · virtual · virtual:NAME · port:NAME; may be repeated.")
    ] = None,
    midi: Annotated[Path | None, typer.Option("--midi", help="Write a MIDI file.")] = None,
    wav: Annotated[Path | None, typer.Option("--wav", help="Let FluidSynth play it to a sound file.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw film, mood, chords and notes (PNG).")] = None,
) -> None:
    """Play a style to a short film that goes from quiet to dense, over cuts to stillness; or write files of it."""
    config = audition_config(style, bpm)
    source = FILM.format(seconds=seconds)
    if to or (midi, wav, plot) == (None, None, None):
        _play(config, source, tuple(to or _synth()), midi, wav, plot)
    else:
        _render(config, source, midi, wav, plot)
    for path in (midi, wav, plot):
        if path is not None:
            Console().print(f"made {path}", highlight=False)


def audition_config(name: str, bpm: float | None = None) -> Config:
    """The configuration in which every part of a style has its turn.

    Raises:
        ConfigError: there is no such style, or its file is wrong.
    """
    from stream_v2m.config import Config, find_style

    tempo = bpm or find_style(name).bpm or USUAL_BPM
    return Config.load((), [*WIDE, f"controls.style={name}", f"controls.bpm={tempo:g}"])


def summary(style: Style) -> Table:
    """A row for each part: its sound, register and notes a second at several asked densities; their sum."""
    from stream_v2m.cli.programs import PROGRAMS

    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for head in ("part", "role", "ch.", "sound", "pitches"):
        table.add_column(head, justify="right" if head == "ch." else "left", no_wrap=True)
    for asked in SHOWN:
        table.add_column(f"{asked}", justify="right", no_wrap=True)
    for part in style.parts:
        sound = f"kit {part.program}" if part.percussive else f"{part.program} {PROGRAMS[part.program]}"
        register = "" if part.percussive else f"{part.low}–{part.high}"
        shares = [f"{part.share(asked):.1f}" if part.density else "" for asked in SHOWN]
        table.add_row(part.name, part.role, str(part.channel), sound, register, *shares)
    beside = "drums aside" if any(part.role == "drums" for part in style.parts) else ""
    table.add_row("sum", beside, "", "", "", *(f"{given(style, asked):.1f}" for asked in SHOWN))
    return table


def given(style: Style, asked: float) -> float:
    """Notes a second that the parts give when so many are asked for; drums come on top and do not count."""
    return sum(part.share(asked) for part in style.parts if part.density and part.role != "drums")


def warnings(style: Style) -> list[str]:
    """What is allowed, and yet may not be meant so."""
    return [*_densities(style), *_shared_channels(style), *_neighbours(style), *_single_parts(style)]


def _densities(style: Style) -> Iterator[str]:
    far = [asked for asked in ASKED if abs(given(style, asked) - asked) > max(TOLERANCE, TOLERANCE_PART * asked)]
    if far:
        worst = max(far, key=lambda asked: abs(given(style, asked) - asked))
        yield (
            f"density: the parts give {given(style, worst):.1f} notes a second where {worst} are asked for"
            + (f", and are far off from {far[0]} to {far[-1]}" if len(far) > 1 else "")
        )
    if not any(part.role == "accent" for part in style.parts):
        yield "no part has the role accent: cuts will not be heard"


def _shared_channels(style: Style) -> Iterator[str]:
    """Drums and their accents may share a channel, but a channel has one program and one volume."""
    for one, other in combinations(style.parts, 2):
        if one.channel == other.channel:
            for setting in ("program", "bank", "volume", "pan", "reverb"):
                if getattr(one, setting) != getattr(other, setting):
                    yield (
                        f"{one.name} and {other.name} share channel {one.channel}, so that the {setting} of "
                        f"{other.name} holds for both"
                    )


def _neighbours(style: Style) -> Iterator[str]:
    for one, other in combinations((part for part in style.parts if part.role not in ("accent", "drums")), 2):
        low = max(one.low + one.shift, other.low + other.shift)
        high = min(one.high + one.shift, other.high + other.shift)
        narrower = min(one.high - one.low, other.high - other.low)
        if one.role == other.role and high - low > SHARED * narrower:
            yield f"{one.name} and {other.name} have the same role ({one.role}) in the same register, {low}–{high}"


def _single_parts(style: Style) -> Iterator[str]:
    from stream_v2m.cli.programs import PROGRAMS, SLOW

    beats = (style.bpm or USUAL_BPM) / 60
    for part in style.parts:
        if not part.figures or not part.density:
            continue
        held, asked = max(figure.notes_per_beat for figure in part.figures) * beats, part.share(ASKED[-1])
        if held < asked - TOLERANCE / 2:
            yield (
                f"{part.name}: its densest figure holds {held:.1f} notes a second at {beats * 60:g} bpm, "
                f"its density asks for {asked:.1f}"
            )
        if part.program in SLOW and not part.percussive and _closest(part) < LATE_STROKES:
            yield f"{part.name}: {PROGRAMS[part.program]} ({part.program}) mostly speaks too late for such short notes"


def _closest(part: Part) -> float:
    """Beats between the two closest strokes of any figure."""
    return min(
        (other.position - one.position for figure in part.figures for one, other in pairwise(figure.strokes)),
        default=float("inf"),
    )


def _play(
    config: Config, source: str, ports: tuple[str, ...], midi: Path | None, wav: Path | None, plot: Path | None
) -> None:
    from stream_v2m.cli.run import Destinations, play, sound

    with tempfile.TemporaryDirectory() as folder:
        file = midi or (Path(folder) / "audition.mid" if wav is not None else None)
        play(config, source, Destinations(ports, file), plot=plot)
        if wav is not None and file is not None:
            sound(file, wav, config.synth)


def _render(config: Config, source: str, midi: Path | None, wav: Path | None, plot: Path | None) -> None:
    from stream_v2m.cli.run import render

    with tempfile.TemporaryDirectory() as folder:
        render(config, source, midi or Path(folder) / "audition.mid", plot=plot, wav=wav)


def _synth() -> tuple[str, ...]:
    """The built-in synthesizer, if it can be heard here.

    Raises:
        PortError: it cannot, with what can be done instead.
    """
    from stream_v2m.midi.port import open_output

    try:
        open_output("synth").close()
    except PortError as error:
        raise PortError(
            f"nothing to play to ({error})", where="style audition", cure="name a port with --to, or a file with --wav"
        ) from error
    return ("synth",)
