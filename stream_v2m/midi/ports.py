"""The ports of one process: opened by specification, noticed when they vanish, taken again when they return."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stream_v2m.core.errors import PortError
from stream_v2m.midi.port import OutputPort

LOOK_EVERY = 1.0  # seconds
# About three periods of an audio server: a new connection is deaf for one or two, and what was sent
# leaves in the next. Seconds.
SETTLE = 0.06


class _Slot:
    __slots__ = ("opened", "port", "problem", "spec")

    def __init__(self, spec: str) -> None:
        self.spec = spec
        self.port: OutputPort | None = None
        self.opened: OutputPort | None = None  # but perhaps deaf yet
        self.problem = ""


class Ports:
    """One slot an output; a slot is empty while its port is missing.

    Args:
        open_output: opens a port by its specification, or raises ``PortError``.
    """

    def __init__(self, specs: Sequence[str], open_output: Callable[[str], OutputPort]) -> None:
        self._slots = [_Slot(spec) for spec in specs]
        self._open = open_output
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def names(self) -> list[str]:
        """Names of the open ports."""
        return [slot.port.name for slot in self._slots if slot.port is not None]

    @property
    def problems(self) -> list[str]:
        """What is wrong with the others."""
        return [slot.problem for slot in self._slots if slot.port is None and slot.problem]

    def open(self, now: float) -> None:
        """Open what can be opened.

        Raises:
            PortError: nothing can; the first error.
        """
        self._next_look = now + LOOK_EVERY
        errors = [error for slot in self._slots if (error := self._try(slot)) is not None]
        self._settled()
        if errors and len(errors) == len(self._slots):
            raise errors[0]

    def send(self, port: int, message: bytes) -> bool:
        """Send; False if the port is not there."""
        slot = self._slots[port]
        if slot.port is None:
            return False
        try:
            slot.port.send(message)
        except PortError as error:
            self._lose(slot, str(error))
            return False
        return True

    def next_look(self) -> float:
        """When ``look`` has something to do again."""
        return self._next_look

    def look(self, now: float) -> tuple[list[int], list[int]]:
        """Once a second: which ports have gone, and which have come back and settled."""
        if now < self._next_look:
            return [], []
        back = self._settled()
        gone = [index for index, slot in enumerate(self._slots) if slot.port is not None and not _present(slot.port)]
        for slot in (self._slots[index] for index in gone):
            self._lose(slot, f"{slot.spec}: the port is gone; looking for it")
        missing = [slot for slot in self._slots if slot.port is None]
        opened = [slot for slot in missing if self._try(slot) is None]
        self._next_look = now + (SETTLE if opened else LOOK_EVERY)
        return gone, back

    def close(self) -> None:
        """Close every port."""
        self._settled()
        for slot in self._slots:
            self._lose(slot, "closed")

    def _settled(self) -> list[int]:
        settled = [index for index, slot in enumerate(self._slots) if slot.opened is not None]
        for slot in (self._slots[index] for index in settled):
            slot.port, slot.opened = slot.opened, None
        return settled

    def _try(self, slot: _Slot) -> PortError | None:
        try:
            slot.opened = self._open(slot.spec)
        except PortError as error:
            slot.problem = str(error)
            return error
        return None

    def _lose(self, slot: _Slot, problem: str) -> None:
        if slot.port is not None:
            slot.port.close()
        slot.port, slot.problem = None, problem


def _present(port: OutputPort) -> bool:
    present = getattr(port, "present", None)  # a port inside the process, as the synthesizer, cannot vanish
    try:
        return present is None or bool(present())
    except PortError:
        return False
