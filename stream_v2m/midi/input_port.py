"""MIDI inputs by specification: somebody's port, or a virtual port of our own that others connect to."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from stream_v2m.core.errors import PortError
from stream_v2m.midi.jack_server import hush_jack
from stream_v2m.midi.port import AUTO, CLIENT, find_port, first_that_answers, no_library

INPUT_CLIENT = f"{CLIENT}_in"  # not the outputs' name, which JACK would have to number
_ALSA_SEQUENCER = Path("/dev/snd/seq")


class InputClient(Protocol):
    """A client of the system's MIDI with at most one input port."""

    api: str

    def sources(self) -> list[str]:
        """Names of the ports that can be listened to.

        Raises:
            PortError: the system does not say.
        """
        ...

    def open(self, index: int) -> str:
        """Listen to the source ``index``, and give its name.

        Raises:
            PortError: it cannot be listened to.
        """
        ...

    def open_virtual(self, name: str) -> None:
        """Be a port that others connect to.

        Raises:
            PortError: the system refuses.
        """
        ...

    def release(self) -> None:
        """Let go of the port; another may be opened."""
        ...

    def poll(self) -> tuple[float, bytes] | None:
        """The next message that has come, with the driver's stamp in seconds from any beginning; never waits."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Which input is meant: ``virtual``, ``virtual:NAME``, ``port:NAME`` or ``port:INDEX``."""

    text: str
    kind: Literal["virtual", "port"]
    detail: str

    @classmethod
    def parse(cls, text: str) -> InputSpec:
        """Read a specification.

        Raises:
            PortError: there is no such kind, or not on this system.
        """
        kind, _, detail = text.partition(":")
        if kind == "virtual":
            if sys.platform == "win32":
                cure = "install loopMIDI, make a port there and name it here, as in `port:loopMIDI`"
                raise PortError("Windows has no virtual MIDI ports", where=text, cure=cure)
            return cls(text, "virtual", detail or CLIENT)
        if kind == "port" and detail:
            return cls(text, "port", detail)
        raise PortError("no such kind of input", where=text, expected="virtual, virtual:NAME, port:NAME or port:INDEX")

    def settled(self, name: str) -> InputSpec:
        """The same, once the port has been found: from then on it is known by its name, not its index."""
        return InputSpec(self.text, self.kind, name) if self.detail.isdecimal() else self

    def find(self, names: Sequence[str]) -> int:
        """The index of the port that is meant; names are compared as for outputs.

        Raises:
            PortError: it is not there.
        """
        found = int(self.detail) if self.detail.isdecimal() else find_port(self.detail, names)
        if found is None or found >= len(names):
            raise PortError(
                "no such MIDI port",
                where=self.text,
                expected=f"one of {', '.join(map(repr, names))}" if names else "any port, and there is none",
                cure="plug the instrument in, or name another port",
            )
        return found


def connect_input(api: str = AUTO) -> InputClient:
    """A client of the first of the system's MIDI interfaces that answers.

    Raises:
        PortError: none does.
    """
    try:
        from stream_v2m.midi.rtmidi_input import RtMidiInput
    except ModuleNotFoundError as error:
        raise no_library() from error
    hush_jack()

    def client(name: str) -> InputClient:
        if name == "alsa" and not _ALSA_SEQUENCER.exists():  # its library would say so on the terminal, every time
            raise PortError(f"{_ALSA_SEQUENCER} is not there", where=name)
        return RtMidiInput(name, INPUT_CLIENT)

    return first_that_answers(client, api)


def list_inputs(api: str = AUTO) -> list[str]:
    """Names of the ports that can be listened to; the place in the list is the index in ``port:INDEX``.

    Raises:
        PortError: this system has no MIDI.
    """
    client = connect_input(api)
    try:
        return client.sources()
    finally:
        client.close()
