"""Whom OSC is sent to, and where it is heard."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.control.access import is_loopback
from stream_v2m.control.address import LOOPBACK, Address


class OscConfig(BaseModel):
    """Whom OSC is sent to, and where it is heard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: tuple[Address, ...] = Field((), description="HOST:PORT of those who are told the state and the notes")
    listen: Address | None = Field(
        None,
        description="PORT of this machine alone, or HOST:PORT, where commands are taken; nobody is asked who he is",
    )
    notes: bool = Field(True, description="tell the notes too, as bundles with the time at which each sounds")
    rate_hz: float = Field(20.0, gt=0, le=100, description="values of one address a second, at most")
    allow_quit: bool | None = Field(
        None, description="whether the performance may be ended by it; on this machine alone if not given"
    )
    commands_per_s: float = Field(200.0, ge=1, le=1000, description="packets a second that are listened to, at most")

    @property
    def may_quit(self) -> bool:
        """Whether ``quit`` is obeyed."""
        alone = self.listen is not None and is_loopback(self.listen.host or LOOPBACK)
        return alone if self.allow_quit is None else self.allow_quit
