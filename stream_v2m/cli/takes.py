"""The commands about takes: list, show, render, export, remove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from stream_v2m.core.errors import StreamV2MError, TakeError
from stream_v2m.core.tempo import USUAL_BPM

if TYPE_CHECKING:  # what is heavy is imported by the command that needs it
    from stream_v2m.takes.shelf import Shelf
    from stream_v2m.takes.take import Take

app = typer.Typer(help="Performances that were kept: hear them again, and make other music of what they saw.")

NameArgument = Annotated[str, typer.Argument(help="A take's name, its beginning, or 'last'.", show_default=False)]
PlotOption = Annotated[Path | None, typer.Option("--plot", help="Draw mood, chords and notes (PNG).")]
WavOption = Annotated[Path | None, typer.Option("--wav", help="Let FluidSynth play it to a sound file.")]


@dataclass(frozen=True, slots=True)
class _Place:
    """Which folder the commands are about."""

    config: Sequence[Path]
    folder: Path | None

    def shelf(self) -> Shelf:
        from stream_v2m.cli.take_files import shelf
        from stream_v2m.config import Config, user_files

        given = [f"takes.folder={str(self.folder)!r}"] if self.folder else []
        return shelf(Config.load([*user_files(), *self.config], given))

    def take(self, name: str) -> Take:
        from stream_v2m.takes.take import Take

        return Take.read(self.shelf().find(name))


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    config: Annotated[list[Path] | None, typer.Option("--config", "-c", help="A TOML file.")] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Where the takes are, if not where usual.")] = None,
) -> None:
    context.obj = _Place(config or [], folder)
    if context.invoked_subcommand is None:
        list_takes(context)


@app.command("list")
def list_takes(context: typer.Context) -> None:
    """What was kept, the newest last."""
    from stream_v2m.cli.take_files import midi_file
    from stream_v2m.takes.take import Take

    console, shelf = Console(), context.obj.shelf()
    table = Table("name", "begun", "length", "source", "style", "key", "chords", "", box=None, header_style="bold")
    faults = []
    for path in shelf.takes():
        try:
            take = Take.read(path)
            midi_file(take)
        except StreamV2MError as error:
            faults.append(str(error))
            continue
        state = "cut off" if take.ended is None else ""
        table.add_row(
            take.name,
            take.header.begun[:16].replace("T", " "),
            _length(take),
            take.header.source,
            _style(take),
            _key(take),
            str(len(take.steps)),
            state,
        )
    if table.row_count:
        console.print(table, highlight=False)
    else:
        console.print(f"no takes in {shelf.folder}; `stream-v2m play SOURCE --keep` keeps one", highlight=False)
    for fault in faults:
        console.print(fault, highlight=False, style="red")


@app.command()
def show(context: typer.Context, name: NameArgument) -> None:
    """What is in a take."""
    from stream_v2m.cli.take_files import config_of, midi_file
    from stream_v2m.core.values import Event

    take = context.obj.take(name)
    controls = config_of(take).controls
    chords = [text for _, text in take.marks]
    cuts = sum(cue.event is Event.CUT for seen in take.seen for cue in seen.cues)
    bpm = take.tempi[0].bpm if take.tempi else USUAL_BPM
    commands = Counter(type(command).__name__ for _, command in take.commands)
    table = Table(box=None, show_header=False)
    table.add_column(style="dim")
    for title, text in (
        ("take", take.name + (" (cut off)" if take.ended is None else "")),
        ("begun", f"{take.header.begun}, by stream-v2m {take.header.program}"),
        ("length", _length(take)),
        ("source", f"{take.header.source}, {len(take.seen)} frames, {cuts} cuts"),
        (
            "music",
            f"{_style(take)}, {_key(take)}, {bpm:g} bpm, seed {controls.seed}",
        ),
        ("steps", str(len(take.steps))),
        ("chords", "  ".join(chords[:24]) + (" …" if len(chords) > 24 else "")),
        ("commands", ", ".join(f"{count} × {kind}" for kind, count in commands.items()) or "none"),
        ("lines", _damage(take)),
        ("files", f"{take.path}\n{midi_file(take)}"),
    ):
        if text:
            table.add_row(title, text)
    Console().print(table, highlight=False)


@app.command()
def render(
    context: typer.Context,
    name: NameArgument,
    midi: Annotated[
        Path | None, typer.Argument(help="The MIDI file to write; named after the take if not given.")
    ] = None,
    style: Annotated[str | None, typer.Option("--style", help="Another style, or its file.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Other choices.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="Keep to a key, such as 'Eb minor'.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", "-s", help="section.key=value")] = None,
    plot: PlotOption = None,
    wav: WavOption = None,
) -> None:
    """Make music again from what the take saw: the same, or with another style, seed or key."""
    from stream_v2m.cli import take_files
    from stream_v2m.cli.insurance import free
    from stream_v2m.cli.run import sound

    take = context.obj.take(name)
    midi = midi or free(Path(f"{take.name}.mid"))
    changed = {"style": style, "seed": seed, "key": key}
    given = [f"controls.{control}={value}" for control, value in changed.items() if value is not None]
    state = take_files.render(take, midi, [*(settings or ()), *given], plot=plot)
    if wav is not None:
        sound(midi, wav, take_files.config_of(take, settings or ()).synth)
    written = ", ".join(str(path) for path in (midi, plot, wav) if path is not None)
    Console().print(f"{state.step + 1} chords in {state.key} → {written}", highlight=False)


@app.command()
def export(
    context: typer.Context,
    name: NameArgument,
    out: Annotated[
        list[Path] | None, typer.Argument(help="OUT.mid as it was played · OUT.csv, a row a step", show_default=False)
    ] = None,
    plot: PlotOption = None,
    wav: WavOption = None,
) -> None:
    """Write a take as it was played, for other programs."""
    from stream_v2m.cli import take_files
    from stream_v2m.cli.run import sound

    take = context.obj.take(name)
    writers = {".mid": take_files.save_midi, ".csv": take_files.save_table}
    for path in out or ():
        if path.suffix.lower() not in writers:
            raise TakeError("is no file that can be made of a take", where=path, expected=" or ".join(writers))
    if not (out or plot or wav):
        raise TakeError("nothing to write", where=take.name, expected="OUT.mid, OUT.csv, --plot or --wav")
    for path in out or ():
        writers[path.suffix.lower()](take, path)
    if plot is not None:
        take_files.save_picture(take, plot)
    if wav is not None:
        sound(take_files.midi_file(take), wav, take_files.config_of(take).synth)


@app.command()
def remove(
    context: typer.Context,
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a take for ever."""
    shelf = context.obj.shelf()
    path = shelf.find(name)
    if yes or typer.confirm(f"Delete {path}?"):
        shelf.remove(path)


def _length(take: Take) -> str:
    minutes, seconds = divmod(round(take.end - take.began), 60)
    return f"{minutes}:{seconds:02}"


def _style(take: Take) -> str:
    return str(take.header.config["controls"]["style"])


def _key(take: Take) -> str:
    key = take.steps[-1].plan.chord.key if take.steps else None
    return "" if key is None else str(key)


def _damage(take: Take) -> str:
    """What of the log could not be read or was not written; nothing if all is well."""
    counts = ((take.garbage, "could not be read"), (take.lost, "were lost to a full disk"))
    return ", ".join(f"{count} {what}" for count, what in counts if count)
