"""How pictures that somebody publishes here by WebRTC are taken."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

# What aiortc can do of RFC 7064 and 7065.
_HOST = r"[^\s?:\[\]]+(:\d{1,5})?"
_URL = re.compile(rf"stun:{_HOST}|turn:{_HOST}(\?transport=(udp|tcp))?|turns:{_HOST}(\?transport=tcp)?")


class IceServer(BaseModel):
    """A STUN or TURN server: only needed where publishers cannot reach this machine directly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="stun:HOST, turn:HOST or turns:HOST")
    username: str | None = None
    credential: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _known_url(cls, url: str) -> str:
        if not _URL.fullmatch(url):
            raise ValueError(
                "expected stun:HOST, turn:HOST, turn:HOST?transport=tcp or turns:HOST, with :PORT if need be; "
                "TLS goes by TCP alone, and a host is a name or an IPv4 address"
            )
        return url


class WebRTCConfig(BaseModel):
    """How published pictures are taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ice_servers: tuple[IceServer, ...] = Field((), description="STUN and TURN servers; none: this network only")
    connect_timeout_s: float = Field(10.0, gt=0, description="give up a publisher whose media do not come up")
    stall_s: float = Field(5.0, gt=0, description="without a picture for so long a publisher keeps nobody out")
    origins: tuple[str, ...] = Field((), description="pages elsewhere that may publish here, https://HOST; with token")
    max_width: int = Field(1920, ge=16, le=7680, description="the longer side of the largest picture that is taken")
    max_height: int = Field(1080, ge=16, le=4320, description="its shorter side")
