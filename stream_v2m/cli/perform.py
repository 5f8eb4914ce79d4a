"""The commands that perform: ``play`` in real time, ``serve`` for browsers, ``render`` faster than either."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stream_v2m.cli.given import assigned, configured, models, surfaces
from stream_v2m.cli.options import (
    SERVED,
    AffectOption,
    BpmOption,
    ConfigOption,
    DiscoveryOption,
    JsonOption,
    KeyOption,
    LogOption,
    MqttNameOption,
    MqttOption,
    OscListenOption,
    OscToOption,
    PlotOption,
    ProviderOption,
    QuietOption,
    SecondsOption,
    SeedOption,
    SetOption,
    SourceArgument,
    SourcesArgument,
    SourcesOrFilm,
    StrictOption,
    StyleOption,
    ToOption,
)

app = typer.Typer()


@app.command()
def play(
    sources: SourcesArgument,
    to: ToOption = None,
    seconds: SecondsOption = None,
    style: StyleOption = None,
    key: KeyOption = None,
    bpm: BpmOption = None,
    seed: SeedOption = None,
    plot: PlotOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    control: Annotated[
        list[str] | None,
        typer.Option("--control", help="Play from a controller: port:NAME · virtual:NAME; may be repeated."),
    ] = None,
    sync: Annotated[
        str | None,
        typer.Option(
            "--sync", help="Follow a MIDI clock that comes in at port:NAME or virtual:NAME, or link: Ableton Link."
        ),
    ] = None,
    affect: AffectOption = None,
    provider: ProviderOption = None,
    strict_provider: StrictOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep it as a take, named by date and time.")] = False,
    take: Annotated[str | None, typer.Option("--take", help="Keep it as a take of this name.")] = None,
    mqtt: MqttOption = None,
    mqtt_name: MqttNameOption = None,
    mqtt_discovery: DiscoveryOption = False,
    osc_to: OscToOption = None,
    osc_listen: OscListenOption = None,
    log: LogOption = None,
    serve: Annotated[
        str | None,
        typer.Option("--serve", metavar="[HOST:]PORT", help="Let a browser watch and steer it; 0 is any free port."),
    ] = None,
    patient: Annotated[bool, typer.Option("--patient", help="Wait for a source that is not there yet.")] = False,
) -> None:
    """Perform in real time; in a terminal every key is a live command, ? names them."""
    from stream_v2m.cli import run
    from stream_v2m.cli.place import place_of

    links: dict[str, object] = {
        "tempo.sync": sync,
        "control.inputs": control,
        "source.patient": patient or None,
        **models(affect, provider, strict_provider),
        **surfaces(mqtt, mqtt_name, mqtt_discovery, osc_to, osc_listen, log),
    }
    if serve is not None:
        host, port = place_of(serve)
        links |= {"serve.host": host, "serve.port": port}
    run.play(
        configured(config, [*(settings or ()), *assigned(links)], style=style, key=key, bpm=bpm, seed=seed),
        sources,
        run.Destinations.parse(to or ["virtual"]),
        seconds=seconds,
        quiet=quiet,
        json=json,
        plot=plot,
        keep=keep or take is not None,
        take=take,
        serve=serve is not None,
    )


@app.command("serve")
def serve_command(
    sources: SourcesOrFilm = None,
    to: ToOption = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; 0.0.0.0: all networks.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="8787 if not given; 0: any free one.")] = None,
    token: Annotated[str | None, typer.Option("--token", help="What a visitor must know.")] = None,
    tls: Annotated[tuple[Path, Path] | None, typer.Option("--tls", metavar="CERT KEY", help="PEM files.")] = None,
    tls_self_signed: Annotated[bool, typer.Option("--tls-self-signed", help="Make a certificate.")] = False,
    seconds: SecondsOption = None,
    style: StyleOption = None,
    key: KeyOption = None,
    bpm: BpmOption = None,
    seed: SeedOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    mqtt: MqttOption = None,
    mqtt_name: MqttNameOption = None,
    mqtt_discovery: DiscoveryOption = False,
    osc_to: OscToOption = None,
    osc_listen: OscListenOption = None,
    log: LogOption = None,
) -> None:
    """Perform with a control page, a camera page, an overlay and an API in any browser."""
    from stream_v2m.cli import run

    cert, certificate_key = tls or (None, None)
    served = {
        "serve.host": host,
        "serve.port": port,
        "serve.token": token,
        "serve.tls_cert": cert and str(cert),
        "serve.tls_key": certificate_key and str(certificate_key),
        "serve.tls_self_signed": tls_self_signed or None,
        **surfaces(mqtt, mqtt_name, mqtt_discovery, osc_to, osc_listen, log),
    }
    run.play(
        configured(config, [*(settings or ()), *assigned(served)], style=style, key=key, bpm=bpm, seed=seed),
        sources or SERVED,
        run.Destinations.parse(to or ["virtual"]),
        seconds=seconds,
        quiet=quiet,
        json=json,
        serve=True,
    )


@app.command()
def render(
    source: SourceArgument,
    midi: Annotated[Path, typer.Argument(help="The MIDI file to write.", show_default=False)],
    plot: PlotOption = None,
    wav: Annotated[Path | None, typer.Option("--wav", help="Let FluidSynth play it to a sound file.")] = None,
    style: StyleOption = None,
    key: KeyOption = None,
    bpm: BpmOption = None,
    seed: SeedOption = None,
    affect: AffectOption = None,
    provider: ProviderOption = None,
    strict_provider: StrictOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """Make a film's music faster than real time; the same seed gives the same file."""
    from stream_v2m.cli import run

    given = [*(settings or ()), *assigned(models(affect, provider, strict_provider))]
    state = run.render(
        configured(config, given, style=style, key=key, bpm=bpm, seed=seed), source, midi, plot=plot, wav=wav
    )
    for notice in state.notices:
        Console(stderr=True).print(f"! {notice}", highlight=False, markup=False, soft_wrap=True)
    written = ", ".join(str(path) for path in (midi, plot, wav) if path is not None)
    Console().print(f"{state.step + 1} chords in {state.key} from {state.source.frames} frames → {written}")
