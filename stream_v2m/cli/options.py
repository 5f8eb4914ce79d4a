"""The options and arguments that are in several signatures, each once, with what it says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SOURCES = "film: · camera · camera:NAME · a film's path · images:FOLDER"
SourceArgument = Annotated[str, typer.Argument(help=SOURCES, show_default=False)]
SERVED = ["film=film:seconds=21600", "webrtc:"]  # hours of film, and whoever wants to be seen
LIVE_SOURCES = (
    "film: · camera · camera:NAME · webrtc: · screen: · rtsp://… · rtmp-listen://127.0.0.1:1935/live · srt://… · "
    "udp://… · https://… · a film's path · images:FOLDER; several, as NAME=SOURCE, can be switched live"
)
SourcesArgument = Annotated[list[str], typer.Argument(help=LIVE_SOURCES, show_default=False)]
SourcesOrFilm = Annotated[list[str] | None, typer.Argument(help=LIVE_SOURCES, show_default="film: and webrtc:")]
ConfigOption = Annotated[list[Path] | None, typer.Option("--config", "-c", help="A TOML file; later ones win.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", "-s", help="section.key=value, above all files.")]
ProviderOption = Annotated[
    str | None,
    typer.Option(
        "--provider", help="What runs the models: auto · cpu · cuda · tensorrt · coreml · directml · openvino."
    ),
]
StrictOption = Annotated[
    bool | None, typer.Option("--strict-provider", help="Refuse to run on another provider than was asked for.")
]
SecondsOption = Annotated[float | None, typer.Option("--seconds", min=1, help="End on a cadence after this long.")]
