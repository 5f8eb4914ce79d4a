"""Where somebody is reached: ``HOST:PORT``, as it is written in a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class HostPort:
    """A host, or none, and a port, or none."""

    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if not self.port:
            return self.host
        return f"{self.host}:{self.port}" if self.host else str(self.port)


def parse(text: object, *, port: int | None = None) -> Any:
    """``HOST:PORT``, ``PORT``, or, where a ``port`` is usual, ``HOST``.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str):
        return text
    host, colon, last = text.rpartition(":")
    if not colon and not (last.isascii() and last.isdigit()):
        host, last = text, "" if port is None else str(port)
    if not last.isascii() or not last.isdigit() or int(last) > 65535 or any(mark in host for mark in " /@?#"):
        raise ValueError("is no HOST:PORT")
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise ValueError("is no host's name") from error
    return HostPort(host.strip("[]"), int(last))


Address = Annotated[HostPort, BeforeValidator(parse), PlainSerializer(str, return_type=str)]
