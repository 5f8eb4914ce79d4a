"""Keeps a performance as it happens: a witness whose log is written by a thread of its own."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from stream_v2m.core.commands.command import Command
from stream_v2m.core.errors import TakeError
from stream_v2m.core.tempo import Segment
from stream_v2m.core.values import Affect, Cue, FeatureWindow, Frame, MidiEvent, StepPlan, Track
from stream_v2m.core.witness import Witness
from stream_v2m.takes.line import (
    Header,
    Line,
    Seen,
    Step,
    command_line,
    header_line,
    midi_line,
    seen_line,
    segment_line,
    step_line,
)
from stream_v2m.takes.shelf import LOG

WRITE_EVERY = 0.25  # seconds between two visits to the disk: what a crash may lose
SYSTEM = 0xF0
WAITING = 65_536  # lines that wait for a disk that stalls, some fifteen minutes of music


class TakeWriter(Witness):
    """Writes ``take.jsonl`` into a folder that was just made for it; no method waits for the disk.

    Lines reach the disk (fsync) every ``WRITE_EVERY`` seconds. A disk that is full or stalls costs lines,
    which are counted, and never the music: it is said once, and writing is tried again.

    Args:
        folder: exists and holds no log.
        notice: told, on the event loop, in what trouble the take is.

    Attributes:
        begun: whether there was a performance to keep.

    Raises:
        TakeError: the log cannot be begun.
    """

    def __init__(self, folder: Path, header: Header, *, notice: Callable[[str], None]) -> None:
        self.folder, self.begun, self._notice = folder, False, notice
        self._lines: queue.Queue[Line] = queue.Queue(WAITING)
        self._lost = 0
        self._trouble: OSError | None = None
        self._said: OSError | None = None
        self._closing = threading.Event()
        try:
            self._file = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            self._pending = memoryview(_encoded(header_line(header)))
            self._flush()
        except OSError as error:
            raise TakeError(f"cannot be written ({error.strerror})", where=folder) from error
        self._thread = threading.Thread(target=self._write, name="take", daemon=True)
        self._thread.start()

    def began(self, at: float) -> None:
        self.begun = True
        self._put({"began": at})

    def arranged(self, tracks: Sequence[Track]) -> None:
        self._put({"parts": {track.name: track.channel for track in tracks}})

    def retimed(self, segment: Segment) -> None:
        self._put(segment_line(segment))

    def saw(self, frame: Frame, cues: Sequence[Cue], affect: Affect | None, *, at: float) -> None:
        self._put(seen_line(Seen(at, tuple(cues))))

    def planned(self, plan: StepPlan, onset: float, duration: float, window: FeatureWindow | None) -> None:
        self._put(step_line(Step(plan, onset, duration, window)))

    def sent(self, messages: Sequence[MidiEvent]) -> None:
        for message in messages:
            if message.message[0] < SYSTEM:  # pulses of a clock can be had from the tempo
                self._put(midi_line(message))

    def released(self, at: float) -> None:
        self._put({"released": at})

    def marked(self, text: str, at: float) -> None:
        self._put({"mark": text, "at": at})

    def commanded(self, command: Command, at: float) -> None:
        self._put(command_line(command, at))

    def ended(self, at: float) -> None:
        self._put({"ended": at})

    def close(self) -> None:
        """Write what waits and let go of the file.

        Raises:
            TakeError: not everything could be written.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join()
        os.close(self._file)
        missing = self._lost + self._lines.qsize() + bool(self._pending)
        if missing:
            why = f" ({self._trouble.strerror})" if self._trouble else ""
            raise TakeError(f"{missing} lines could not be written{why}", where=self.folder, cure="make room there")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        try:
            self.close()
        except TakeError:
            if fault is None:  # else what broke the performance is what must be told
                raise

    def _put(self, line: Line) -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1
        if self._trouble is not self._said:
            self._said = self._trouble
            self._notice(
                f"the take is not being written: {self._said.strerror}" if self._said else "the take is written again"
            )

    def _write(self) -> None:
        """The thread: everything that waits, at regular intervals, and a last time at the end."""
        while True:
            closing = self._closing.wait(WRITE_EVERY)
            try:
                self._flush()
                if not self._lines.empty():
                    self._pending = memoryview(self._drained())
                    self._flush()
            except OSError as error:
                if self._trouble is None:  # the same trouble is told once
                    self._trouble = error
            else:
                self._trouble = None
            if closing:
                return

    def _drained(self) -> bytes:
        lines = [self._lines.get_nowait() for _ in range(self._lines.qsize())]
        if self._lost:
            lost, self._lost = self._lost, 0
            lines.append({"lost": lost})
        return b"".join(map(_encoded, lines))

    def _flush(self) -> None:
        """Write what is pending; what the disk refuses stays pending, so that no line is torn for ever."""
        if not self._pending:
            return
        while self._pending:
            self._pending = self._pending[os.write(self._file, self._pending) :]
        os.fsync(self._file)


def _encoded(line: Line) -> bytes:
    return json.dumps(line, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"
