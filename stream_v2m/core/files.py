"""Writing a file whole or not at all: found out early when it cannot be, replaced only when it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream_v2m.core.errors import PortError


def check_writable(path: Path) -> None:
    """See that ``replacing(path)`` will be able to write; what is there already stays untouched.

    Raises:
        PortError: the folder is missing or closed to us, or ``path`` is a folder or write-protected.
    """
    target = path.resolve()
    if target.is_dir():
        raise PortError("cannot be written", where=path, got="a folder", expected="a file", cure="add a file name")
    if not target.parent.is_dir():
        raise PortError("cannot be written: no such folder", where=path, cure=f"make it: mkdir -p '{target.parent}'")
    if target.exists() and not os.access(target, os.W_OK):
        raise PortError("cannot be written: it is write-protected", where=path, cure="choose another file")
    part = _part(target)
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        raise _refused(path, error) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside ``path`` to write to; at the end it takes the place of ``path``, at a fault it goes.

    Raises:
        PortError: the system would not write.
    """
    part = _part(path.resolve())
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(path.resolve())
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _part(target: Path) -> Path:
    """In the same folder, since a rename is atomic only within one file system."""
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _refused(path: Path, error: OSError) -> PortError:
    return PortError(
        f"cannot be written ({error.strerror or error})", where=path, cure="choose a folder that you may write to"
    )
