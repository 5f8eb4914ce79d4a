"""How the server is reached, by whom, and how much each may ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

PORT = 8787


class ServerConfig(BaseModel):
    """Where the performance is served, and to whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="the address to listen on; 0.0.0.0 is every network of this machine")
    port: int = Field(PORT, ge=0, le=65535, description="0 takes a free one")
    hosts: tuple[str, ...] = Field((), description="names a reverse proxy or a DNS server has for this machine")
    # never written out again: neither `config` nor a take may give it away
    token: SecretStr | None = Field(None, exclude=True, description="what a visitor must know; made up where needed")
    tls_cert: Path | None = Field(None, description="certificate chain (PEM)")
    tls_key: Path | None = Field(None, description="the certificate's key (PEM)")
    tls_self_signed: bool = Field(False, description="make a certificate; browsers warn once")
    allow_quit: bool | None = Field(
        None, description="whether a visitor may end the performance; on loopback alone if not given"
    )
    max_clients: int = Field(32, ge=1, le=1000, description="open connections for events")
    commands_per_s: float = Field(50.0, ge=1, le=1000, description="live commands a second of one visitor")
    preview_hz: float = Field(8.0, gt=0, le=15, description="preview pictures a second, at most")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if self.tls_cert is not None and self.tls_self_signed:
            raise ValueError("tls_self_signed makes a certificate; leave it out where tls_cert is given")
        return self
