"""Insurance: what is recorded to a file is kept beside it as a take, until the file is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stream_v2m.cli.take_files import new_header, save_midi
from stream_v2m.config import Config
from stream_v2m.core.errors import PortError, StreamV2MError, TakeError
from stream_v2m.midi.recorder import Recorder
from stream_v2m.takes.shelf import LOG, Shelf
from stream_v2m.takes.take import Take
from stream_v2m.takes.writer import TakeWriter

SUFFIX = ".part"
RECOVERED = "-recovered"


@contextmanager
def insured(config: Config, source: str, recorder: Recorder, *, notice: Callable[[str], None]) -> Iterator[TakeWriter]:
    """Keep what is performed inside until ``recorder`` has written its file; hand what this gives to the session.

    Args:
        source: as written on the command line.
        notice: told, on the event loop, when the disk makes trouble.

    Raises:
        PortError, TakeError: it cannot be begun.
    """
    shelf, folder = _place(recorder.path)
    folder = free(folder)
    try:
        folder.mkdir()
    except OSError as error:
        raise PortError(f"cannot be made ({error.strerror})", where=folder, cure="choose another folder") from error
    writer = TakeWriter(folder, new_header(config, source), notice=notice)
    try:
        yield writer
    finally:
        with suppress(TakeError):  # the file itself matters, and tells of its own faults
            writer.close()
        gone = not (writer.folder / LOG).is_file()  # another performance for the same file took it for one cut off
        if not gone and (recorder.written or not writer.begun):
            with suppress(TakeError):
                shelf.remove(writer.folder)


def recover(path: Path) -> str | None:
    """Make a file of its own of what a performance that was cut off had recorded for ``path``.

    Returns:
        a sentence for the user, if there was one.
    """
    shelf, folder = _place(path)
    if not (folder / LOG).is_file():
        return None
    recovered = free(path.resolve().with_stem(path.stem + RECOVERED))
    try:
        take = Take.read(folder)
        if not take.sent:
            shelf.remove(folder)
            return None
        save_midi(take, recovered)
        shelf.remove(folder)
    except StreamV2MError as error:  # no reason not to play now
        return f"an earlier recording was cut off, and cannot be recovered: {error}"
    return f"an earlier recording was cut off; it is in {recovered}"


def free(path: Path) -> Path:
    """This path, or one with a number, where nothing is yet."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found


def _place(path: Path) -> tuple[Shelf, Path]:
    target = path.resolve()
    return Shelf(target.parent), target.with_name(target.name + SUFFIX)
