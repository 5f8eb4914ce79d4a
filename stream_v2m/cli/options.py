"""The options that commands share, each once, with what it says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SOURCES = "film: · camera · camera:NAME · a film's path · images:FOLDER"
SourceArgument = Annotated[str, typer.Argument(help=SOURCES, show_default=False)]
ToOption = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        help="virtual · virtual:NAME · port:NAME · synth · file:take.mid; may be repeated. "
        "@clock sends MIDI clock too, @+12ms plays later: port:NAME@clock,+12ms",
    ),
]
SERVED = ["film=film:seconds=21600", "webrtc:"]  # hours of film, and whoever wants to be seen
LIVE_SOURCES = (
    "film: · camera · camera:NAME · webrtc: · screen: · rtsp://… · rtmp-listen://127.0.0.1:1935/live · srt://… · "
    "udp://… · https://… · a film's path · images:FOLDER; several, as NAME=SOURCE, can be switched live"
)
SourcesArgument = Annotated[list[str], typer.Argument(help=LIVE_SOURCES, show_default=False)]
SourcesOrFilm = Annotated[list[str] | None, typer.Argument(help=LIVE_SOURCES, show_default="film: and webrtc:")]
ConfigOption = Annotated[list[Path] | None, typer.Option("--config", "-c", help="A TOML file; later ones win.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", "-s", help="section.key=value, above all files.")]
StyleOption = Annotated[str | None, typer.Option("--style", help="A style's name or file.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Keep to a key, such as 'Eb minor'.")]
BpmOption = Annotated[float | None, typer.Option("--bpm", help="Beats a minute.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="The same seed and film give the same music.")]
PlotOption = Annotated[Path | None, typer.Option("--plot", help="Draw film, mood, chords and notes (PNG).")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing while it plays.")]
JsonOption = Annotated[bool, typer.Option("--log-json", help="Write the state as JSON lines.")]
AffectOption = Annotated[
    str | None, typer.Option("--affect", help="Who tells the mood: color · clip · clip:NAME · blend.")
]
ProviderOption = Annotated[
    str | None,
    typer.Option(
        "--provider", help="What runs the models: auto · cpu · cuda · tensorrt · coreml · directml · openvino."
    ),
]
StrictOption = Annotated[
    bool | None, typer.Option("--strict-provider", help="Refuse to run on another provider than was asked for.")
]
MqttOption = Annotated[str | None, typer.Option("--mqtt", metavar="HOST[:PORT]", help="Tell and obey over MQTT.")]
MqttNameOption = Annotated[str | None, typer.Option("--mqtt-name", help="Topics begin with stream_v2m/NAME.")]
DiscoveryOption = Annotated[bool, typer.Option("--mqtt-discovery", help="Tell Home Assistant what there is.")]
OscToOption = Annotated[
    list[str] | None, typer.Option("--osc-to", metavar="HOST:PORT", help="Tell it by OSC; may be repeated.")
]
OscListenOption = Annotated[
    str | None, typer.Option("--osc-listen", metavar="[HOST:]PORT", help="Obey OSC; from this machine if no HOST.")
]
LogOption = Annotated[str | None, typer.Option("--log", help="Write a log to standard error: text or json.")]
SecondsOption = Annotated[float | None, typer.Option("--seconds", min=1, help="End on a cadence after this long.")]
