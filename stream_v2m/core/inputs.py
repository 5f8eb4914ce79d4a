"""What MIDI inputs bring: messages with the moment of their arrival, and how each input is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Received:
    """One whole MIDI message from outside.

    Attributes:
        moment: session seconds of its arrival at the system's driver, as near as can be told.
        input: which input brought it; its place among the inputs.
    """

    moment: float
    input: int
    message: bytes


@dataclass(frozen=True, slots=True)
class InputState:
    """One MIDI input.

    Attributes:
        spec: as it was asked for.
        name: of the port that is open, or "".
        problem: why it is not open, or "".
        received: messages handed on.
        dropped: messages of controllers and keys lost because they came faster than they could be handled.
        lost_pulses: clock messages lost for the same reason.
    """

    spec: str
    name: str = ""
    problem: str = ""
    received: int = 0
    dropped: int = 0
    lost_pulses: int = 0
