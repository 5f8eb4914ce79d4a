"""Text files out of a folder or a .tar.xz, by name."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def read_texts(path: Path, names: frozenset[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each folder under ``path`` with the text of those of its files whose names are in ``names``.

    ``path`` is a folder or an archive; nothing is unpacked to disk.
    """
    folders: dict[str, dict[str, str]] = {}
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.name in names and file.is_file():
                folders.setdefault(file.parent.name, {})[file.name] = file.read_text(encoding="utf-8", errors="replace")
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                inner = PurePosixPath(member.name)
                stream = archive.extractfile(member) if member.isfile() and inner.name in names else None
                if stream is not None:
                    text = stream.read().decode("utf-8", errors="replace")
                    folders.setdefault(inner.parent.name, {})[inner.name] = text
    yield from sorted(folders.items())
