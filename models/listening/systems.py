"""The systems of a study, as written on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stream_v2m.core.errors import ConfigError

SWAPPED = "swapped"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
# a comma parts settings only where another one begins: values may have commas
_BETWEEN = re.compile(r",(?=[a-z_]+(?:\.[a-z_0-9]+)+=)")


@dataclass(frozen=True, slots=True)
class System:
    """Where music comes from.

    ``rendered``: by the program with ``settings`` (``section.key=value``). ``recorded``: ready-made, a sound file for
    each film in ``folder``. ``swapped``: the first system's music of another film, as a control.
    """

    name: str
    kind: Literal["rendered", "recorded", "swapped"]
    settings: tuple[str, ...] = ()
    folder: Path | None = None

    @classmethod
    def parse(cls, text: str) -> System:
        """``NAME``, ``NAME=section.key=value,…``, ``NAME=FOLDER``, or ``swapped``.

        Raises:
            ConfigError: none of these.
        """
        name, _, rest = text.partition("=")
        if not _NAME.fullmatch(name):
            expected = "NAME, NAME=section.key=value,… or NAME=FOLDER, the name of letters, digits, - and _"
            raise ConfigError("is no system", where="--systems", got=repr(text), expected=expected)
        if name == SWAPPED:
            if rest:
                raise ConfigError("takes no settings: it is the first system's music", where=SWAPPED, got=rest)
            return cls(name, "swapped")
        if rest and "=" not in rest:
            folder = Path(rest).expanduser()
            if not folder.is_dir():
                raise ConfigError("no such folder of sound files", where=name, got=rest)
            return cls(name, "recorded", folder=folder)
        return cls(name, "rendered", tuple(_BETWEEN.split(rest)) if rest else ())

    @property
    def description(self) -> dict[str, object]:
        """For the key."""
        if self.kind == "rendered":
            return {"settings": list(self.settings)}
        return {"folder": str(self.folder)} if self.kind == "recorded" else {"swapped": True}


def parse_systems(texts: list[str]) -> list[System]:
    """All systems; the first is the reference.

    Raises:
        ConfigError: one is wrong, two have one name, or there is only ``swapped``.
    """
    systems = [System.parse(text) for text in texts]
    names = [system.name for system in systems]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigError("two systems of one name", where="--systems", got=", ".join(sorted(twice)))
    if systems[0].kind == "swapped":
        raise ConfigError("the first system is the reference and needs music of its own", where="--systems")
    return systems
