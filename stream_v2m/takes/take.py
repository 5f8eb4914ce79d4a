"""A kept performance, read back from its log."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stream_v2m.core.commands.command import Command
from stream_v2m.core.errors import ConfigError, TakeError
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import MidiEvent, Track
from stream_v2m.takes.line import (
    VERSION,
    Header,
    Line,
    Seen,
    Step,
    read_command,
    read_header,
    read_midi,
    read_seen,
    read_segment,
    read_step,
)
from stream_v2m.takes.shelf import LOG


@dataclass(frozen=True, slots=True)
class Released:
    """Everything that sounded was ended."""

    at: float


@dataclass(slots=True)
class Take:
    """What a log holds, in its order; moments are session seconds.

    Attributes:
        began: when the source was open.
        ended: when everything was over; None if the take was cut off.
        seen: one a frame.
        decisions: of steps, one a chord, and those made anew.
        tempi: at least where the music begins, if it did.
        marks: moment and chord name.
        tracks: the parts of every style that played, in the order of their coming.
        sent: messages as they were handed to the outputs, and the moments when all was silenced.
        garbage: lines that could not be read; a torn last one is not counted.
        lost: lines that the disk did not take.
    """

    path: Path
    header: Header
    began: float = 0.0
    ended: float | None = None
    seen: list[Seen] = field(default_factory=list)
    decisions: list[Step] = field(default_factory=list)
    commands: list[tuple[float, Command]] = field(default_factory=list)
    tempi: list[Segment] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    sent: list[MidiEvent | Released] = field(default_factory=list)
    garbage: int = 0
    lost: int = 0

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def steps(self) -> list[Step]:
        """One a chord: a decision made anew replaces the one before."""
        return list({step.plan.step: step for step in self.decisions}.values())

    @property
    def end(self) -> float:
        """When it was over, or the last moment that is known of it."""
        if self.ended is not None:
            return self.ended
        dues = (event.due for event in self.sent[-1:] if isinstance(event, MidiEvent))
        return max([self.began, *(seen.at for seen in self.seen[-1:]), *dues])

    @classmethod
    def read(cls, path: Path) -> Take:
        """Read a take's folder.

        Raises:
            TakeError: no log, or one that does not begin as ours do.
        """
        log = path / LOG
        try:
            first, *rest = log.read_bytes().split(b"\n")
        except OSError as error:
            raise TakeError(f"cannot be read ({error.strerror})", where=log) from error
        take = cls(path, _header(first, log))
        for text in rest[:-1]:  # what follows the last line's end is torn, or nothing
            take._add(text)
        return take

    def _add(self, text: bytes) -> None:
        try:
            line = json.loads(text)
            _READERS[next(iter(line))](self, line)
        except (ValueError, KeyError, TypeError, IndexError, StopIteration, ConfigError):
            self.garbage += 1


def _began(take: Take, line: Line) -> None:
    take.began = float(line["began"])


def _ended(take: Take, line: Line) -> None:
    take.ended = float(line["ended"])


def _lost(take: Take, line: Line) -> None:
    take.lost += int(line["lost"])


def _parts(take: Take, line: Line) -> None:
    parts = [(str(name), int(channel)) for name, channel in dict(line["parts"]).items()]
    if not all(1 <= channel <= 16 for _, channel in parts):
        raise ValueError("no such channel")
    take.tracks += [Track(name, channel) for name, channel in parts]


_READERS: dict[str, Callable[[Take, Line], None]] = {
    "began": _began,
    "ended": _ended,
    "lost": _lost,
    "seen": lambda take, line: take.seen.append(read_seen(line)),
    "step": lambda take, line: take.decisions.append(read_step(line)),
    "command": lambda take, line: take.commands.append(read_command(line)),
    "tempo": lambda take, line: take.tempi.append(read_segment(line)),
    "mark": lambda take, line: take.marks.append((float(line["at"]), str(line["mark"]))),
    "parts": _parts,
    "midi": lambda take, line: take.sent.append(read_midi(line)),
    "released": lambda take, line: take.sent.append(Released(float(line["released"]))),
}


def _header(text: bytes, log: Path) -> Header:
    try:
        line: Any = json.loads(text)
        if (version := line["take"]) != VERSION:
            raise TakeError(
                "was kept by another version",
                where=log,
                got=f"format {version}",
                expected=f"format {VERSION}",
                cure=f"read it with stream-v2m {line['program']}",
            )
        return read_header(line)
    except (ValueError, KeyError, TypeError) as error:
        raise TakeError("is no take: its first line is not a take's", where=log) from error
