"""The outputs of one performance: opened by specification, noticed when they vanish, taken again when they return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stream_v2m.core.errors import PortError
from stream_v2m.midi.port import OutputPort

LOOK_EVERY = 1.0  # seconds


@dataclass(slots=True)
class _Output:
    spec: str
    port: OutputPort | None = None
    problem: str = ""


class Outputs:
    """One slot an output; a slot is empty while its port is missing.

    Args:
        open_output: opens a port by its specification, or raises ``PortError``.
    """

    def __init__(self, specs: Sequence[str], open_output: Callable[[str], OutputPort]) -> None:
        self._outputs = [_Output(spec) for spec in specs]
        self._open = open_output
        self._next_look = 0.0

    def __len__(self) -> int:
        return len(self._outputs)

    @property
    def names(self) -> list[str]:
        """Names of the open ports."""
        return [output.port.name for output in self._outputs if output.port is not None]

    @property
    def problems(self) -> list[str]:
        """What is wrong with the others."""
        return [output.problem for output in self._outputs if output.port is None and output.problem]

    def open(self) -> None:
        """Open what can be opened.

        Raises:
            PortError: nothing can; the first error.
        """
        errors = [error for output in self._outputs if (error := self._try(output)) is not None]
        if errors and len(errors) == len(self._outputs):
            raise errors[0]

    def send(self, port: int, message: bytes) -> bool:
        """Send, if the port is there; False when it was found gone just now."""
        output = self._outputs[port]
        if output.port is None:
            return True
        try:
            output.port.send(message)
        except PortError as error:
            self._lose(output, str(error))
            return False
        return True

    def next_look(self) -> float:
        """When ``look`` has something to do again."""
        return self._next_look

    def look(self, now: float) -> tuple[list[int], list[int]]:
        """Once a second: which ports have gone and which have come back."""
        if now < self._next_look:
            return [], []
        self._next_look = now + LOOK_EVERY
        gone, back = [], []
        for index, output in enumerate(self._outputs):
            if output.port is None:
                if self._try(output) is None:
                    back.append(index)
            elif not _present(output.port):
                self._lose(output, f"{output.spec}: {output.port.name} is gone; looking for it")
                gone.append(index)
        return gone, back

    def close(self) -> None:
        """Close every port."""
        for output in self._outputs:
            if output.port is not None:
                output.port.close()
                output.port = None

    def _try(self, output: _Output) -> PortError | None:
        try:
            output.port = self._open(output.spec)
        except PortError as error:
            output.problem = str(error)
            return error
        return None

    def _lose(self, output: _Output, problem: str) -> None:
        if output.port is not None:
            output.port.close()
        output.port, output.problem = None, problem


def _present(port: OutputPort) -> bool:
    present = getattr(port, "present", None)  # a port inside the process, as the synthesizer, cannot vanish
    try:
        return present is None or bool(present())
    except PortError:
        return False
