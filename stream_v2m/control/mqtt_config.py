"""How the MQTT broker is reached, and as whom."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, SecretStr, model_validator

from stream_v2m.control.access import is_loopback
from stream_v2m.control.address import LOOPBACK, HostPort, parse
from stream_v2m.core.errors import ConfigError

PORT, TLS_PORT = 1883, 8883


def _broker(text: object) -> Any:
    return parse(text, port=0)


Broker = Annotated[HostPort, BeforeValidator(_broker), PlainSerializer(str, return_type=str)]


class MqttConfig(BaseModel):
    """Where the state is told and commands are taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    broker: Broker | None = Field(None, description="HOST or HOST:PORT; 1883 is usual, 8883 with TLS; none: no MQTT")
    name: str = Field("main", pattern=r"^[^/+#$\s]{1,64}$", description="topics begin with stream_v2m/NAME")
    version: Literal["5", "3.1.1"] = Field("5", description="of the protocol")
    user: str | None = Field(None, description="who we are to the broker")
    # never written out again: neither `config` nor a take may give it away
    password: SecretStr | None = Field(
        None, exclude=True, description="set it in the environment (STREAM_V2M_MQTT__PASSWORD), or name a file"
    )
    password_file: Path | None = Field(None, description="a file that holds the password and nothing else")
    tls: bool = Field(False, description="encrypt, and check the broker's certificate")
    tls_ca: Path | None = Field(None, description="who signed the broker's certificate (PEM), if not a usual authority")
    tls_cert: Path | None = Field(None, description="our own certificate (PEM)")
    tls_key: Path | None = Field(None, description="its key (PEM)")
    rate_hz: float = Field(10.0, gt=0, le=50, description="values of one topic a second, at most")
    commands_per_s: float = Field(50.0, ge=1, le=1000, description="commands a second that are obeyed, at most")
    allow_quit: bool | None = Field(
        None, description="whether the performance may be ended by it; with a broker on this machine alone if not given"
    )
    discovery: bool = Field(False, description="tell Home Assistant what there is")
    discovery_prefix: str = Field("homeassistant", pattern=r"^[^+#\s]{1,64}$", description="where it looks for that")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if not self.tls and (self.tls_ca or self.tls_cert):
            raise ValueError("certificates need tls = true")
        if self.password and self.password_file:
            raise ValueError("password and password_file: one of the two")
        return self

    @property
    def may_quit(self) -> bool:
        """Whether ``quit`` is obeyed."""
        alone = self.broker is not None and is_loopback(self.broker.host or LOOPBACK)
        return alone if self.allow_quit is None else self.allow_quit

    @property
    def port(self) -> int:
        """The broker's."""
        return (self.broker.port if self.broker else 0) or (TLS_PORT if self.tls else PORT)

    def secret(self) -> str | None:
        """The password.

        Raises:
            ConfigError: its file cannot be read.
        """
        if self.password_file is None:
            return self.password.get_secret_value() if self.password else None
        try:
            return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise ConfigError(f"cannot be read ({reason})", where=f"mqtt.password_file {self.password_file}") from error

    def tls_context(self) -> ssl.SSLContext | None:
        """What TLS needs, if it is wanted.

        Raises:
            ConfigError: a certificate cannot be read.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.tls_ca)
            if self.tls_cert is not None:
                context.load_cert_chain(self.tls_cert, self.tls_key)
        except OSError as error:  # of which ssl.SSLError is one
            where = ", ".join(str(path) for path in (self.tls_ca, self.tls_cert, self.tls_key) if path)
            raise ConfigError("a certificate cannot be read", where=f"mqtt: {where}", got=error) from error
        return context
