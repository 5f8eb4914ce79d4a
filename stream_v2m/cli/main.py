"""The command line: reads options, calls what does the work, prints an error as one line."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stream_v2m import __version__
from stream_v2m.cli import calibrate, perform, takes
from stream_v2m.cli.clip import app as clip_app
from stream_v2m.cli.given import assigned, configured, models
from stream_v2m.cli.options import ConfigOption, ProviderOption, SecondsOption, SetOption, SourceArgument, StrictOption
from stream_v2m.cli.style import app as style_app
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.core.leave import leave

# Everything else is imported by the command that needs it: --help answers at once.
app = typer.Typer(
    name="stream-v2m",
    help="A live picture becomes live music: camera, stream or film in, MIDI out, as it happens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(perform.app)
app.add_typer(clip_app, name="clip")
app.add_typer(style_app, name="style")
app.add_typer(takes.app, name="takes")
app.add_typer(calibrate.app, name="calibrate")


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(__version__)  # noqa: T201
        raise typer.Exit


@app.command("affect")
def affect_command(
    source: SourceArgument,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw film, path, moods and cuts (PNG).")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    seconds: Annotated[float | None, typer.Option("--seconds", min=1, help="Look no further than this.")] = None,
    provider: ProviderOption = None,
    strict_provider: StrictOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """Show what every estimator feels in a film, and how far they agree."""
    from stream_v2m.cli.affect import affect

    given = [*(settings or ()), *assigned(models(None, provider, strict_provider))]
    affect(configured(config, given), source, plot=plot, as_json=json, seconds=seconds, console=Console())


@app.command()
def demo(
    source: Annotated[str, typer.Argument(help="film:, camera, or a film's path")] = "film:",
    seconds: SecondsOption = 30.0,
    folder: Annotated[Path, typer.Option("--folder", help="Where demo.mid, .png and .wav go.")] = Path(),
) -> None:
    """Hear it now: half a minute of music to every output there is, to a file, a picture and a sound file."""
    from stream_v2m.cli.demo import demo as run_demo

    run_demo(source, seconds=seconds or 30.0, folder=folder)


@app.command()
def devices() -> None:
    """List cameras, MIDI outputs and MIDI inputs."""
    from stream_v2m.midi.input_port import list_inputs
    from stream_v2m.midi.port import list_outputs
    from stream_v2m.sources.camera import list_cameras

    console = Console()
    for title, look in (("cameras", list_cameras), ("MIDI outputs", list_outputs), ("MIDI inputs", list_inputs)):
        console.print(f"[bold]{title}[/bold]")
        try:
            names = look()
        except StreamV2MError as error:
            console.print(f"  {error}")
            continue
        for index, name in enumerate(names):
            console.print(f"  {index}  {name}")
        if not names:
            console.print("  none")


@app.command("learn")
def learn_command(
    command: Annotated[str | None, typer.Argument(help="A live command, such as set_tempo.")] = None,
    arguments: Annotated[list[str] | None, typer.Argument(help="What it is told: name=value.")] = None,
    source: Annotated[str | None, typer.Option("--from", help="port:NAME · virtual:NAME")] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait.")] = 30.0,
    show: Annotated[bool, typer.Option("--list", help="Print what is bound.")] = False,
    forget: Annotated[int | None, typer.Option("--forget", help="Unbind; a number of --list.")] = None,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """Bind a knob, a key or a button to a live command: touch it when asked."""
    from stream_v2m.cli import learn

    if forget is not None:
        learn.forget(forget)
    elif show or command is None:
        learn.show_bindings()
    else:
        api = configured(config, settings).player.api
        learn.learn(command, arguments or (), source, timeout=timeout, api=api)


@app.command()
def doctor() -> None:
    """Say what works on this machine, and the cure for what does not."""
    from stream_v2m.cli.doctor import main as examine

    raise typer.Exit(examine())


@app.command("bench")
def bench_command(
    seconds: Annotated[float, typer.Option("--seconds", min=2, help="How long each is measured.")] = 30.0,
    size: Annotated[str, typer.Option("--size", metavar="WxH", help="Of the film's pictures.")] = "1280x720",
    rate: Annotated[float, typer.Option("--rate", min=5, max=120, help="Pictures a second.")] = 30.0,
    sessions: Annotated[
        list[int] | None, typer.Option("--sessions", min=1, max=32, help="Performances at once; may be repeated.")
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw them, and one picture's trip (PNG).")] = None,
    compare: Annotated[Path | None, typer.Option("--compare", help="An older --json: show the ratios.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the rows of docs/latency.md.")] = False,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """Measure every stage from picture to wire, with a film whose cuts are known; needs no hardware."""
    from stream_v2m.cli.bench.command import bench
    from stream_v2m.config import user_files

    bench(
        seconds=seconds,
        size=size,
        rate_hz=rate,
        sessions=sessions or (1,),
        json=json,
        plot=plot,
        compare=compare,
        as_markdown=markdown,
        files=[*user_files(), *(config or ())],
        settings=settings or (),
    )


@app.command("config")
def config_command(config: ConfigOption = None, settings: SetOption = None) -> None:
    """Print the effective configuration as TOML: files, then environment, then --set."""
    from stream_v2m.cli.settings import to_toml

    print(to_toml(configured(config, settings)), end="")  # noqa: T201


def main() -> None:
    """Run, and say what went wrong in one line; a fault of ours keeps its traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that knows no ♭ is no reason to stop
    try:
        _run()
    except SystemExit as end:
        leave(end.code)
        raise


def _run() -> None:
    try:
        app()
    except StreamV2MError as error:
        _fail([error])
    except BaseExceptionGroup as group:
        ours, others = group.split(StreamV2MError)
        if ours is None or others is not None:
            raise
        _fail(list(_leaves(ours)))


def _leaves(group: BaseExceptionGroup[StreamV2MError]) -> Iterator[StreamV2MError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _fail(errors: Sequence[StreamV2MError]) -> None:
    for error in errors:
        print(f"stream-v2m: {error}", file=sys.stderr)  # noqa: T201
    sys.exit(1)


if __name__ == "__main__":
    main()
