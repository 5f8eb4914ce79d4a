"""What the commands that perform can be given, in groups: a performance in real time, its visitors, its music."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream_v2m.cli.given import assigned, configured, models
from stream_v2m.cli.options import ConfigOption, ProviderOption, SecondsOption, SetOption, StrictOption
from stream_v2m.core.errors import ConfigError

if TYPE_CHECKING:
    from stream_v2m.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """What of a performance in real time goes where, and whom it obeys."""

    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            help="virtual · virtual:NAME · port:NAME · synth · file:take.mid; may be repeated. "
            "@clock sends MIDI clock too, @+12ms plays later: port:NAME@clock,+12ms",
        ),
    ] = None
    seconds: SecondsOption = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing while it plays.")] = False
    json: Annotated[bool, typer.Option("--log-json", help="Write the state as JSON lines.")] = False
    patient: Annotated[bool, typer.Option("--patient", help="Wait for a source that is not there yet.")] = False
    control: Annotated[
        list[str] | None,
        typer.Option("--control", help="Play from a controller: port:NAME · virtual:NAME; may be repeated."),
    ] = None
    sync: Annotated[
        str | None,
        typer.Option(
            "--sync", help="Follow a MIDI clock that comes in at port:NAME or virtual:NAME, or link: Ableton Link."
        ),
    ] = None
    keep: Annotated[bool, typer.Option("--keep", help="Keep it as a take, named by date and time.")] = False
    take: Annotated[str | None, typer.Option("--take", help="Keep it as a take of this name.")] = None
    mqtt: Annotated[str | None, typer.Option("--mqtt", metavar="HOST[:PORT]", help="Tell and obey over MQTT.")] = None
    mqtt_name: Annotated[str | None, typer.Option("--mqtt-name", help="Topics begin with stream_v2m/NAME.")] = None
    mqtt_discovery: Annotated[bool, typer.Option("--mqtt-discovery", help="Tell Home Assistant what there is.")] = False
    osc_to: Annotated[
        list[str] | None, typer.Option("--osc-to", metavar="HOST:PORT", help="Tell it by OSC; may be repeated.")
    ] = None
    osc_listen: Annotated[
        str | None, typer.Option("--osc-listen", metavar="[HOST:]PORT", help="Obey OSC; from this machine if no HOST.")
    ] = None
    log: Annotated[str | None, typer.Option("--log", help="Write a log to standard error: text or json.")] = None

    def told(self) -> dict[str, object]:
        """Settings, as they were given."""
        return {
            "source.patient": self.patient or None,
            "control.inputs": self.control or None,
            "tempo.sync": self.sync,
            "mqtt.broker": self.mqtt,
            "mqtt.name": self.mqtt_name,
            "mqtt.discovery": self.mqtt_discovery or None,
            "osc.to": self.osc_to or None,
            "osc.listen": self.osc_listen,
            "log.form": self.log,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorOptions:
    """Who may watch and steer over the network, and what protects it."""

    token: Annotated[str | None, typer.Option("--token", help="What a visitor must know.")] = None
    tls: Annotated[tuple[Path, Path] | None, typer.Option("--tls", metavar="CERT KEY", help="PEM files.")] = None
    tls_self_signed: Annotated[bool, typer.Option("--tls-self-signed", help="Make a certificate.")] = False

    def served_at(self, host: str | None, port: int | None) -> dict[str, object]:
        """Settings of a server there; None: as configured."""
        cert, key = self.tls or (None, None)
        return {
            "serve.host": host,
            "serve.port": port,
            "serve.token": self.token,
            "serve.tls_cert": cert and str(cert),
            "serve.tls_key": key and str(key),
            "serve.tls_self_signed": self.tls_self_signed or None,
        }

    def refuse(self) -> None:
        """Where there is no server none of them belongs.

        Raises:
            ConfigError: one was given, and would protect nothing.
        """
        for field in fields(self):
            if getattr(self, field.name) != field.default:
                name = "--" + field.name.replace("_", "-")
                raise ConfigError("is for visitors, and nothing is served", where=name, cure="add --serve [HOST:]PORT")


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicOptions:
    """How the music shall be, live or not."""

    style: Annotated[str | None, typer.Option("--style", help="A style's name or file.")] = None
    key: Annotated[str | None, typer.Option("--key", help="Keep to a key, such as 'Eb minor'.")] = None
    bpm: Annotated[float | None, typer.Option("--bpm", help="Beats a minute.")] = None
    seed: Annotated[int | None, typer.Option("--seed", help="The same seed and film give the same music.")] = None
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw film, mood, chords and notes (PNG).")] = None
    affect: Annotated[
        str | None, typer.Option("--affect", help="Who tells the mood: color · clip · clip:NAME · blend.")
    ] = None
    provider: ProviderOption = None
    strict_provider: StrictOption = None
    files: ConfigOption = None
    settings: SetOption = None

    def config(self, others: Mapping[str, object] | None = None) -> Config:
        """The configuration by files, settings and options.

        Args:
            others: settings of options beside these, by ``section.key``; a value None is not given.

        Raises:
            ConfigError: one of them is wrong, or a secret.
        """
        told = {**models(self.affect, self.provider, self.strict_provider), **(others or {})}
        controls = {"style": self.style, "key": self.key, "bpm": self.bpm, "seed": self.seed}
        return configured(self.files, [*(self.settings or ()), *assigned(told)], **controls)
