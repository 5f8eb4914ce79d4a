"""The file of what was measured: settings that are written by machine, below the user's own."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.core.files import replacing

_BEGIN = "# What `stream-v2m calibrate` has measured; settings in config.toml and --set go before these.\n"


def keep(path: Path, section: str, name: str, latency: float | None) -> None:
    """Note ``latency`` in seconds as ``section.latency_ms`` of ``name``; None forgets it. The others stay.

    Raises:
        ConfigError: the file is wrong as it is, and is left so.
        PortError: it cannot be written.
    """
    values = _read(path)
    table = values.setdefault(section, {}).setdefault("latency_ms", {})
    if latency is None:
        table.pop(name, None)
    else:
        table[name] = round(latency * 1000, 1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PortError(f"cannot be made ({error.strerror})", where=path.parent, cure="make the folder") from error
    with replacing(path) as part:
        part.write_text(_BEGIN + tomli_w.dumps(values), encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", where=path, cure="remove it, and measure again") from error
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=path) from error
