"""Where to serve, as written on the command line."""

from __future__ import annotations

from stream_v2m.core.errors import ConfigError


def place_of(text: str) -> tuple[str | None, int]:
    """Host and port of ``[HOST:]PORT``; no host if none is written.

    Raises:
        ConfigError: it is something else.
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit()):
        raise ConfigError("is no address", where="--serve", got=text, expected="PORT or HOST:PORT")
    return host.removeprefix("[").removesuffix("]") or None, int(port)
