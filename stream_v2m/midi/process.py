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
from pathlib import Path
from typing import Any

from stream_v2m.core.errors import PortError
from stream_v2m.core.stamps import Stamps, number_of
from stream_v2m.midi.channel_message import is_message
from stream_v2m.midi.jack_server import JackServer
from stream_v2m.midi.lateness import Lateness
from stream_v2m.midi.ledger import Release
from stream_v2m.midi.link import JACK_ENDED, Link
from stream_v2m.midi.output import Output, addressed
from stream_v2m.midi.port import open_output
from stream_v2m.midi.ports import SETTLE, Ports
from stream_v2m.midi.realtime import Realtime
from stream_v2m.midi.schedule import Schedule

REPORT_EVERY = 0.2  # seconds
WAIT_AT_MOST = 0.05  # seconds; the longest that SIGTERM or a missing heartbeat can go unnoticed
PAUSE = 0.003  # seconds until something is due, in which ports are looked at
HURRY = 0.05  # seconds after which they are looked at without such a pause
_NAP = 0.001  # seconds


class Playing:
    """The loop: wait for what comes first, a message or a due time; send; report."""

    def __init__(self, link: Link, settings: dict[str, Any]) -> None:
        self._link = link
        self._origin: float = settings["origin"]
        self._heartbeat: float = settings["heartbeat"]
        self._outputs = [Output(*fields) for fields in settings["outputs"]]
        specs = [output.spec for output in self._outputs]
        self._ports = Ports(specs, partial(open_output, api=settings["api"], synth=settings["synth"]))
        self._schedule = Schedule(len(specs), stale=settings["stale"])
        self._realtime = Realtime(wanted=False)
        self._jack: JackServer | None = None
        self._lateness = Lateness(settings["late"])
        self._stamps = Stamps(Path(settings["stamps"]), 3) if settings["stamps"] else None
        self._alive = self._reported = self._now()
        self._end = math.inf
        self._refused = self._returns = 0

    def open(self) -> None:
        """Open the outputs that are there; the others are looked for while it plays."""
        for place in self._ports.open(self._now()):
            self._schedule.lose(place)
        self._watch_jack()
        time.sleep(SETTLE)

    def run(self, *, realtime: bool) -> None:
        """Play until told to close, until the other end is gone, or SIGTERM."""
        stopped: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
        self._realtime = Realtime(wanted=realtime)  # opening the ports may take longer than real time allows
        self._alive = self._now()
        self._report("ready")
        try:
            while not stopped and not self._link.ended and self._now() < self._end:
                _wait(self._link, self._next_due() - self._now())
                if self._jack is not None and not self._jack.alive():
                    os._exit(JACK_ENDED)  # its ports crash when they are closed; the parent starts another process
                self._read()
                self._watch()
                self._send(self._schedule.take(self._now()))
                self._tend()
        finally:
            self._send(self._schedule.finish(self._now()))
            time.sleep(SETTLE)  # ports that are closed earlier lose what was sent last
            self._ports.close()
            if self._stamps is not None:
                self._stamps.close()
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
        known = -1 <= port < len(self._outputs)
        if not (known and is_message(message) and math.isfinite(due) and not math.isnan(release or 0.0)):
            self._refused += 1
            return
        for place in addressed(self._outputs, port, message):
            later = self._outputs[place].offset
            self._schedule.add(due + later, place, message, None if release is None else release + later)

    def _watch(self) -> None:
        """A parent that hangs or is stopped gives no end of file; its silence is the sign."""
        now = self._now()
        hangs = now - self._alive > self._heartbeat
        self._returns += self._schedule.muted and not hangs
        halted = hangs and not self._schedule.muted
        self._schedule.muted = hangs
        if halted:
            self._send(self._schedule.halt(now))

    def _send(self, messages: list[Release]) -> None:
        for due, place, message in messages:
            if self._ports.send(place, message, self._now()):
                returned = self._now()
                self._lateness.add(returned - due)
                if self._stamps is not None:
                    self._stamps.add(due, returned, number_of(message))
            else:
                self._schedule.lose(place)

    def _tend(self) -> None:
        """What is not music: reports, and ports that come and go."""
        now = self._now()
        if now - self._reported >= REPORT_EVERY:
            self._report("report")
        look, due = self._ports.next_look(), self._schedule.next_due()
        if now < look or (due is not None and due - now < PAUSE and now - look < HURRY):
            return
        gone, back = self._ports.look(now)
        for place in gone:
            self._schedule.lose(place)
        self._schedule.confirm()
        for place in back:
            self._send(self._schedule.restore(place, now))
        self._returns += len(back)
        self._watch_jack()

    def _watch_jack(self) -> None:
        """Be told of the JACK server's end as soon as one of the ports depends on it."""
        if self._jack is None and "jack" in self._ports.apis:
            try:
                self._jack = JackServer()
            except PortError:
                os._exit(JACK_ENDED)  # it has died in this moment

    def _report(self, kind: str) -> None:
        """Tell the parent how it goes; a parent that does not read misses reports, and nothing waits."""
        self._reported = now = self._now()
        if not self._link.backlog:
            figures = {
                "time": now,
                "ports": self._ports.names,
                "problems": self._ports.problems,
                "realtime": self._realtime.granted,
                "returns": self._returns + self._schedule.slips,
                "sounding": self._schedule.sounding,
                "dropped": self._schedule.dropped,
                "garbled": self._link.garbled + self._refused,
                "muted": self._schedule.muted,
                "lateness": self._lateness.histogram(),
                **self._lateness.summary()._asdict(),
            }
            self._link.put(kind, figures)
        self._link.flush()


def main() -> None:
    """Open the outputs as the first argument says, and play."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link, settings = Link(_inherited_end()), json.loads(sys.argv[1])
    playing = Playing(link, settings)
    playing.open()
    gc.collect()
    gc.freeze()
    playing.run(realtime=settings["realtime"])


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
