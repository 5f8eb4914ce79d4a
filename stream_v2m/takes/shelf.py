"""The folder where takes are kept: new names, what is there, finding and removing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.core.errors import TakeError

LOG = "take.jsonl"
MIDI = "take.mid"
LAST = "last"
_NAME = re.compile(r"\w[\w .+-]*")


class TakesConfig(BaseModel):
    """Where takes are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = Field(None, description="where takes are kept; your data folder if not given")


class Shelf:
    """Takes by name, each a folder of its own; nothing that is there is ever written over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, name: str) -> Path:
        """Make the folder of a new take; one whose name is taken gets a number.

        Raises:
            TakeError: no name for a folder, or the folder cannot be made.
        """
        if not _NAME.fullmatch(name) or name == LAST:
            raise TakeError("is no name for a take", where=repr(name), expected="letters, digits, spaces and . + - _")
        number, path = 1, self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            while True:
                try:
                    path.mkdir()
                except FileExistsError:
                    number += 1
                    path = self.folder / f"{name}-{number}"
                else:
                    return path
        except OSError as error:
            raise TakeError(
                f"cannot be made ({error.strerror})", where=path, cure="set takes.folder to a folder of yours"
            ) from error

    def takes(self) -> list[Path]:
        """Every take, the oldest first."""
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.iterdir() if (path / LOG).is_file()]
        return sorted(found, key=lambda path: ((path / LOG).stat().st_mtime, path.name))

    def find(self, name: str) -> Path:
        """The take called so, or the only one whose name begins so; ``last`` is the newest.

        Raises:
            TakeError: there is none, or more than one.
        """
        takes = self.takes()
        if name == LAST and takes:
            return takes[-1]
        found = [path for path in takes if path.name == name] or [p for p in takes if name and p.name.startswith(name)]
        if len(found) != 1:
            what = "more than one take is called so" if found else "no such take"
            names = ", ".join(path.name for path in (found or takes[-8:]))
            raise TakeError(
                what,
                where=name,
                expected=f"one of {names}" if names else None,
                cure=None if names else "`stream-v2m play SOURCE --take` keeps one",
            )
        return found[0]

    def remove(self, path: Path) -> None:
        """Delete a take for ever.

        Raises:
            TakeError: the system would not.
        """
        assert path.parent == self.folder and (path / LOG).is_file(), path
        try:
            shutil.rmtree(path)
        except OSError as error:
            raise TakeError(f"cannot be removed ({error.strerror})", where=path) from error
