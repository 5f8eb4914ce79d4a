"""The player's process: it owns the MIDI outputs and nothing else, and leaves no note sounding whatever happens.

It is started as ``python -m stream_v2m.midi.process`` with one end of the link as standard input and
imports as little as it can. It has a session of its own, so that neither Ctrl-C nor Ctrl-Z reaches it.
"""

from __future__ import annotations

import gc
import json
import math
import os
import select
import signal
import socket
import sys
import time
from functools import partial
from typing import Any

from stream_v2m.core.errors import PortError
from stream_v2m.midi.channel_message import is_message
from stream_v2m.midi.lateness import Lateness
from stream_v2m.midi.ledger import Release
from stream_v2m.midi.link import Link
from stream_v2m.midi.port import open_output
from stream_v2m.midi.ports import SETTLE, Ports
from stream_v2m.midi.realtime import has_realtime, request_realtime
from stream_v2m.midi.schedule import Schedule

REPORT_EVERY = 0.2  # seconds
WAIT_AT_MOST = 0.05  # seconds; the longest that SIGTERM or a missing heartbeat can go unnoticed
_NAP = 0.001  # seconds
_ALL = -1  # core.values.ALL_PORTS; importing it would import numpy


class Playing:
    """The loop: wait for what comes first, a message or a due time; send; report."""

    def __init__(self, link: Link, settings: dict[str, Any]) -> None:
        self._link = link
        self._origin: float = settings["origin"]
        self._heartbeat: float = settings["heartbeat"]
        self._ports = Ports(settings["outputs"], partial(open_output, api=settings["api"]))
        self._schedule = Schedule(len(self._ports), stale=settings["stale"])
        self._lateness = Lateness(settings["late"])
        self._alive = self._reported = self._now()
        self._end = math.inf
        self._refused = 0

    def open(self, *, patient: bool) -> None:
        """Open the outputs and say so; a patient process waits for ports that are missing.

        Raises:
            PortError: no output can be opened.
        """
        try:
            self._ports.open(self._now())
        except PortError:
            if not patient:
                raise
        time.sleep(SETTLE)

    def run(self) -> None:
        """Play until told to close, until the other end is gone, or SIGTERM."""
        stopped: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
        self._report("ready")
        try:
            while not stopped and not self._link.ended and self._now() < self._end:
                _wait(self._link, self._next_due() - self._now())
                self._read()
                self._watch()
                self._send(self._schedule.take(self._now()))
                self._tend()
        finally:
            self._send(self._schedule.finish(self._now()))
            time.sleep(SETTLE)  # ports that are closed earlier lose what was sent last
            self._ports.close()
            self._report("closed")

    def _now(self) -> float:
        return time.perf_counter() - self._origin  # noqa: TID251 - core.clock would import asyncio

    def _next_due(self) -> float:
        due = self._schedule.next_due()
        return min(self._now() + WAIT_AT_MOST, self._end, math.inf if due is None else due)

    def _read(self) -> None:
        messages = self._link.receive()
        if messages:
            self._alive = self._now()
        for message in messages:
            match message:
                case ["play", int() | float() as due, int() as port, str() as data, None | int() | float() as release]:
                    self._queue(due, port, data, release)
                case ["beat"]:
                    pass
                case ["panic"]:
                    self._send(self._schedule.silence(self._now()))
                case ["close", int() | float() as seconds]:
                    self._end = self._now() + seconds
                case _:
                    self._refused += 1

    def _queue(self, due: float, port: int, data: str, release: float | None) -> None:
        try:
            message = bytes.fromhex(data)
        except ValueError:
            message = b""
        known = port == _ALL or 0 <= port < len(self._ports)
        if not (known and is_message(message) and math.isfinite(due) and not math.isnan(release or 0.0)):
            self._refused += 1
            return
        for each in range(len(self._ports)) if port == _ALL else (port,):
            self._schedule.add(due, each, message, release)

    def _watch(self) -> None:
        """A parent that hangs or is stopped gives no end of file; its silence is the sign."""
        now = self._now()
        hangs = now - self._alive > self._heartbeat
        if hangs and not self._schedule.muted:
            self._send(self._schedule.silence(now))
        self._schedule.muted = hangs

    def _send(self, messages: list[Release]) -> None:
        for due, port, message in messages:
            if self._ports.send(port, message):
                self._lateness.add(self._now() - due)
            else:
                self._schedule.forget(port)

    def _tend(self) -> None:
        """What is not music: reports, and ports that come and go."""
        now = self._now()
        if now - self._reported >= REPORT_EVERY:
            self._report("report")
        if now < self._ports.next_look():
            return
        gone, back = self._ports.look(now)
        for port in gone:
            self._schedule.forget(port)
        for port in back:
            self._send(self._schedule.restore(port, now))

    def _report(self, kind: str) -> None:
        """Tell the parent how it goes; a parent that does not read misses reports, and nothing waits."""
        self._reported = now = self._now()
        if not self._link.backlog:
            figures = {
                "time": now,
                "ports": self._ports.names,
                "problems": self._ports.problems,
                "realtime": has_realtime(),
                "sounding": self._schedule.sounding,
                "dropped": self._schedule.dropped,
                "garbled": self._link.garbled + self._refused,
                "muted": self._schedule.muted,
                **self._lateness.summary()._asdict(),
            }
            self._link.put(kind, figures)
        self._link.flush()


def main() -> None:
    """Open the outputs as the first argument says, and play."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link, settings = Link(_inherited_end()), json.loads(sys.argv[1])
    playing = Playing(link, settings)
    try:
        playing.open(patient=settings["patient"])
    except PortError as error:
        fields = {name: str(value) for name, value in vars(error).items() if value is not None}
        link.put("failed", fields)
        link.flush()
        return
    if settings["realtime"]:
        request_realtime()
    gc.collect()
    gc.freeze()
    playing.run()


def _inherited_end() -> socket.socket:
    if sys.platform == "win32":
        return socket.fromshare(sys.stdin.buffer.read())
    end = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    return end


def _wait(link: Link, seconds: float) -> None:
    """Return when something has arrived, or after ``seconds``."""
    if sys.platform != "win32":
        select.select([link], [], [], max(0.0, seconds))
        return
    # There select's timeout is as coarse as the system tick of 15.6 ms, while sleep has a finer timer.
    left = seconds
    while not select.select([link], [], [], 0.0)[0] and left > 0:
        time.sleep(min(left, _NAP))
        left -= _NAP


if __name__ == "__main__":
    main()
