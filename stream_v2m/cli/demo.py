"""The demo: half a minute of music, through every output that this machine has."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from stream_v2m.cli.run import Destinations, play, sound
from stream_v2m.config import Config, user_files
from stream_v2m.core.errors import PortError
from stream_v2m.midi import port

PORT = "stream_v2m"


def demo(source: str, *, seconds: float, folder: Path) -> None:
    """Play, record, draw; say what was made, what to connect, and what to do next."""
    console = Console()
    folder.mkdir(parents=True, exist_ok=True)
    midi, picture, wav = (folder / f"demo.{suffix}" for suffix in ("mid", "png", "wav"))
    ports = _ports(console)
    if "virtual" in ports:
        console.print(f"connect a synth or DAW to the MIDI port “{PORT}” to hear it there")
    config = Config.load(user_files())
    shown = f"film:seconds={seconds:g}" if source == "film:" else source  # a film whose end is the music's
    play(config, [shown], Destinations(ports, midi), seconds=seconds, plot=picture)
    made = [midi, picture]
    try:
        sound(midi, wav, config.synth)
        made.append(wav)
    except PortError as error:
        console.print(f"no demo.wav: {error}")
    console.print("[bold]made[/bold]  " + "  ".join(map(str, made)))
    console.print(
        "[bold]next[/bold]  stream-v2m serve                          hear and steer it in a browser\n"
        f"      stream-v2m play {source} --to virtual:{PORT}\n"
        "      stream-v2m play camera --to virtual       your camera instead\n"
        "      stream-v2m render FILM OUT.mid --plot OUT.png\n"
        "      stream-v2m doctor                         what works here, and the cure for what does not"
    )


def _ports(console: Console) -> tuple[str, ...]:
    """The outputs that can be opened here; the console is told of the others."""
    ports = []
    for spec in ("virtual", "synth"):
        try:
            port.open_output(spec).close()
        except PortError as error:
            console.print(f"[dim]no {spec} output: {error}[/dim]", highlight=False)
        else:
            ports.append(spec)
    return tuple(ports)
