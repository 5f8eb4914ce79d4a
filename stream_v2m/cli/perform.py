"""The commands that perform: ``play`` in real time, ``serve`` for browsers, ``render`` faster than either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stream_v2m.cli.groups import LiveOptions, MusicOptions, VisitorOptions
from stream_v2m.cli.options import SERVED, SourceArgument, SourcesArgument, SourcesOrFilm
from stream_v2m.cli.spread import spread

app = typer.Typer()


@app.command()
@spread
def play(
    sources: SourcesArgument,
    *,
    live: LiveOptions,
    serve: Annotated[
        str | None,
        typer.Option("--serve", metavar="[HOST:]PORT", help="Let a browser watch and steer it; 0 is any free port."),
    ] = None,
    visitors: VisitorOptions,
    music: MusicOptions,
) -> None:
    """Perform in real time; in a terminal every key is a live command, ? names them."""
    from stream_v2m.cli.place import place_of

    if serve is None:
        visitors.refuse()
    _perform(sources, live, music, None if serve is None else visitors.served_at(*place_of(serve)))


@app.command("serve")
@spread
def serve_command(
    sources: SourcesOrFilm = None,
    *,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; 0.0.0.0: all networks.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="8787 if not given; 0: any free one.")] = None,
    visitors: VisitorOptions,
    live: LiveOptions,
    music: MusicOptions,
) -> None:
    """Perform with a control page, a camera page, an overlay and an API in any browser."""
    _perform(sources or SERVED, live, music, visitors.served_at(host, port))


def _perform(
    sources: Sequence[str], live: LiveOptions, music: MusicOptions, server: Mapping[str, object] | None
) -> None:
    """In real time; with a server if there are settings of one."""
    from stream_v2m.cli import run

    run.play(
        music.config({**live.told(), **(server or {})}),
        sources,
        run.Destinations.parse(live.to or ["virtual"]),
        seconds=live.seconds,
        quiet=live.quiet,
        json=live.json,
        plot=music.plot,
        keep=live.keep or live.take is not None,
        take=live.take,
        serve=server is not None,
    )


@app.command()
@spread
def render(
    source: SourceArgument,
    midi: Annotated[Path, typer.Argument(help="The MIDI file to write.", show_default=False)],
    *,
    wav: Annotated[Path | None, typer.Option("--wav", help="Let FluidSynth play it to a sound file.")] = None,
    music: MusicOptions,
) -> None:
    """Make a film's music faster than real time; the same seed gives the same file."""
    from stream_v2m.cli import run

    state = run.render(music.config(), source, midi, plot=music.plot, wav=wav)
    for notice in state.notices:
        Console(stderr=True).print(f"! {notice}", highlight=False, markup=False, soft_wrap=True)
    written = ", ".join(str(path) for path in (midi, music.plot, wav) if path is not None)
    Console().print(f"{state.step + 1} chords in {state.key} from {state.source.frames} frames → {written}")
