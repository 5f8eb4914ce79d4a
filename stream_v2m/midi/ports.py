"""The ports of one process: opened by specification, noticed when they vanish, taken again when they return.

A port that is missing is looked for from a thread of its own, so that no note waits for a driver.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence

from stream_v2m.core.errors import PortError
from stream_v2m.midi.port import OutputPort, without_number

PRESENT_EVERY = 0.25  # seconds between two looks whether the open ports are there still
MISSING_EVERY = 1.0  # seconds between two attempts at a missing port
TRYING_EVERY = 0.02  # seconds between two looks whether an attempt has ended
SYNTH_EVERY = 15.0  # seconds; each attempt loads a sound font
# Three large periods of an audio server (1536 frames): a new connection is deaf for one or two, and what was sent
# leaves in the next. Seconds.
SETTLE = 0.1
_NEVER = float("inf")


class _Slot:
    __slots__ = ("opened", "port", "problem", "settled", "spec", "tried", "try_at")

    def __init__(self, spec: str) -> None:
        self.spec = spec
        self.port: OutputPort | None = None
        self.opened: OutputPort | None = None  # but perhaps deaf until it is settled
        self.settled = _NEVER
        self.tried: OutputPort | PortError | None = None  # how the last attempt ended
        self.try_at = _NEVER
        self.problem = ""


class Ports:
    """One slot an output; a slot is empty while its port is missing.

    Args:
        open_output: opens a port by its specification, or raises ``PortError``.
        start: runs an attempt beside the music; by default in a thread.
    """

    def __init__(
        self,
        specs: Sequence[str],
        open_output: Callable[[str], OutputPort],
        *,
        start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._slots = [_Slot(spec) for spec in specs]
        self._open = open_output
        self._start = start or _in_thread
        self._trying: _Slot | None = None
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def names(self) -> list[str]:
        """Names of the open ports, as the system knows them."""
        return [slot.port.name for slot in self._slots if slot.port is not None]

    @property
    def problems(self) -> list[str]:
        """What is wrong with the others."""
        return [slot.problem for slot in self._slots if slot.port is None and slot.problem]

    @property
    def apis(self) -> set[str]:
        """The system's interfaces that the open ports depend on, where they say so."""
        ports = (slot.port or slot.opened for slot in self._slots)
        return {getattr(port, "api", "") for port in ports if port is not None} - {""}

    def open(self, now: float) -> list[int]:
        """Open what can be opened, and wait for it; the places of those that cannot yet."""
        for slot in self._slots:
            slot.try_at = _next_try(slot.spec, now)
            self._attempt(slot)
            self._end_attempt(slot, now)
            slot.port, slot.opened, slot.settled = slot.opened, None, _NEVER
        self._next_look = now + PRESENT_EVERY
        return [place for place, slot in enumerate(self._slots) if slot.port is None]

    def send(self, place: int, message: bytes, now: float) -> bool:
        """Send; False if the port is not there."""
        slot = self._slots[place]
        if slot.port is None:
            return False
        try:
            slot.port.send(message)
        except PortError as error:
            self._lose(slot, str(error), now)
            return False
        return True

    def next_look(self) -> float:
        """When ``look`` has something to do again."""
        return self._next_look

    def look(self, now: float) -> tuple[list[int], list[int]]:
        """A few times a second: the places of ports that have gone, and of those that are back and settled."""
        if now < self._next_look:
            return [], []
        gone = [place for place, slot in enumerate(self._slots) if slot.port is not None and not _present(slot.port)]
        for slot in (self._slots[place] for place in gone):
            self._lose(slot, f"{slot.spec}: the port is gone; looking for it", now)
        if self._trying is not None and self._trying.tried is not None:
            self._end_attempt(self._trying, now)
            self._trying = None
        back = self._settle(now)
        due = [slot for slot in self._slots if slot.try_at <= now]
        if due and self._trying is None:
            slot = self._trying = min(due, key=lambda slot: slot.try_at)
            slot.try_at = _next_try(slot.spec, now)
            self._start(lambda: self._attempt(slot))
        self._next_look = self._look_again(now)
        return gone, back

    def _look_again(self, now: float) -> float:
        soonest = min(min(slot.settled, slot.try_at) for slot in self._slots)
        return min(now + (PRESENT_EVERY if self._trying is None else TRYING_EVERY), max(soonest, now + TRYING_EVERY))

    def close(self) -> None:
        """Close every port."""
        for slot in self._slots:
            for port in (slot.port, slot.opened):
                if port is not None:
                    port.close()
            slot.port = slot.opened = None

    def _attempt(self, slot: _Slot) -> None:
        """Try to open it; touches nothing but ``tried``, since it may run in a thread."""
        try:
            slot.tried = self._open(slot.spec)
        except PortError as error:
            slot.tried = error

    def _end_attempt(self, slot: _Slot, now: float) -> None:
        found, slot.tried = slot.tried, None
        if found is None or isinstance(found, PortError):
            slot.problem = str(found)
            return
        slot.opened, slot.settled, slot.try_at = found, now + SETTLE, _NEVER
        slot.spec = _by_name(slot.spec, found.name)

    def _settle(self, now: float) -> list[int]:
        settled = [place for place, slot in enumerate(self._slots) if slot.settled <= now]
        for slot in (self._slots[place] for place in settled):
            slot.port, slot.opened, slot.settled = slot.opened, None, _NEVER
        return settled

    def _lose(self, slot: _Slot, problem: str, now: float) -> None:
        assert slot.port is not None
        slot.port.close()
        slot.port, slot.problem, slot.try_at = None, problem, now


def _next_try(spec: str, now: float) -> float:
    return now + (SYNTH_EVERY if spec.startswith("synth") else MISSING_EVERY)


def _by_name(spec: str, name: str) -> str:
    """A port that was named by its place in the list is looked for by its name: places change as devices go."""
    return f"port:{without_number(name)}" if re.fullmatch("port:[0-9]+", spec) else spec


def _present(port: OutputPort) -> bool:
    present = getattr(port, "present", None)  # a port inside the process, as the synthesizer, cannot vanish
    try:
        return present is None or bool(present())
    except PortError:
        return False


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
