"""``stream-v2m calibrate``: how long a camera takes to show, and an output to sound; kept, and made up for."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

app = typer.Typer(help="Measure how late a camera shows and an output sounds.", no_args_is_help=True)

MsOption = Annotated[float | None, typer.Option("--ms", help="Do not measure: it is so many milliseconds.")]
ForgetOption = Annotated[bool, typer.Option("--forget", help="Do as if it had never been measured.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", "-s", help="section.key=value")]


@app.command()
def camera(
    source: Annotated[str, typer.Argument(help="camera · camera:NAME · screen: · rtsp://… · any live source")],
    flashes: Annotated[int, typer.Option("--flashes", min=4, max=200, help="How many.")] = 12,
    ms: MsOption = None,
    forget: ForgetOption = False,
    settings: SetOption = None,
) -> None:
    """Let a screen flash before the camera: its pictures are then dated back by what they take."""
    from stream_v2m.cli import calibrate_camera as measuring
    from stream_v2m.cli.calibration import keep
    from stream_v2m.config import Config, calibration_file, user_files
    from stream_v2m.sources.word import name_of

    config, console = Config.load(user_files(), settings or ()), Console()
    name, latency = name_of(source), None if ms is None else ms / 1000
    if ms is None and not forget:
        name, delays = measuring.measure(source, config, flashes=flashes, console=console)
        console.print(f"{escape(name)}: {delays}", highlight=False)
        latency = measuring.believed(delays, where=name)
    keep(calibration_file(), "source", name, latency)
    _tell(console, name, latency)


@app.command()
def output(
    spec: Annotated[str, typer.Argument(help="virtual:NAME · port:NAME · synth")],
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            help="Hear the clicks by FFmpeg: jack:PORT · alsa:default · pulse:default · avfoundation::0 · "
            "dshow:audio=NAME. Without it you judge by ear.",
        ),
    ] = None,
    note: Annotated[int, typer.Option("--note", min=0, max=127, help="What clicks; 37 is a side stick.")] = 37,
    channel: Annotated[int, typer.Option("--channel", min=1, max=16, help="Its MIDI channel.")] = 10,
    clicks: Annotated[int, typer.Option("--clicks", min=4, max=200, help="How many.")] = 12,
    ms: MsOption = None,
    forget: ForgetOption = False,
    settings: SetOption = None,
) -> None:
    """Let an output click: it then plays earlier by what it takes to sound."""
    from stream_v2m.cli import calibrate_output as measuring
    from stream_v2m.cli.calibration import keep
    from stream_v2m.config import Config, calibration_file, user_files
    from stream_v2m.midi.output import Output

    config, console, name = Config.load(user_files(), settings or ()), Console(), Output.parse(spec).spec
    latency = None if ms is None else ms / 1000
    if ms is None and not forget:
        click = bytes((0x90 | channel - 1, note, 127))
        if listen is None:
            latency = measuring.judge(name, click, config, console=console)
        else:
            delays = measuring.measure(name, click, listen, config, clicks=clicks)
            console.print(f"{escape(name)}: {delays}", highlight=False)
            latency = measuring.believed(delays, where=listen)
    keep(calibration_file(), "player", name, latency)
    _tell(console, name, latency)


def _tell(console: Console, name: str, latency: float | None) -> None:
    from stream_v2m.config import calibration_file

    what = "forgotten in" if latency is None else f"{latency * 1000:.1f} ms, kept in"
    console.print(f"{escape(name)}: {what} {escape(str(calibration_file()))}", soft_wrap=True, highlight=False)
