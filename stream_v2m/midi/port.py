"""MIDI outputs by specification: a virtual port of our own, somebody's port, or the built-in synthesizer."""

from __future__ import annotations

import fnmatch
import itertools
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from stream_v2m.core.errors import PortError
from stream_v2m.midi.output import LOOPBACK, check_spec
from stream_v2m.midi.quiet import quiet

T = TypeVar("T")

CLIENT = "stream_v2m"
AUTO = "auto"
_SYSTEM_APIS = {"linux": ("alsa", "jack"), "darwin": ("coremidi",), "win32": ("winmm",)}
_CURES = {
    "linux": "load the ALSA sequencer with `sudo modprobe snd-seq`, or start JACK or PipeWire",
    "darwin": "check that Audio MIDI Setup opens",
    "win32": "check that the Windows Audio service runs",
}
_NO_VIRTUAL = "install loopMIDI, make a port there and name it here, as in `port:loopMIDI`"


class OutputPort(Protocol):
    """Somewhere to send MIDI messages."""

    name: str

    def send(self, message: bytes) -> None:
        """Send one whole message at once.

        Raises:
            PortError: the port is gone.
        """
        ...

    def close(self) -> None: ...


class Client(OutputPort, Protocol):
    """A client of the system's MIDI that can become an output port.

    Attributes:
        api: the interface that it uses: ``alsa``, ``jack``, ``coremidi`` or ``winmm``.
    """

    api: str

    def destinations(self) -> list[str]:
        """Names of the ports that can be sent to."""
        ...

    def open(self, index: int) -> None:
        """Become a connection to the destination ``index``."""
        ...

    def open_virtual(self, name: str) -> None:
        """Become a port that others connect to."""
        ...

    def present(self) -> bool:
        """Whether the destination is still there; systems fall silent rather than report its loss."""
        ...


def open_output(spec: str, api: str = AUTO, *, synth: Mapping[str, Any] | None = None) -> OutputPort:
    """Open ``virtual``, ``virtual:NAME``, ``port:INDEX``, ``port:NAME``, ``synth`` or ``synth:SOUNDFONT``.

    A NAME is compared without regard to case: the whole name first, then a part of it, then as a
    glob, then as a regular expression; the first port that fits is taken.

    Args:
        synth: fields of ``midi.synth.SynthSettings`` that are not the usual ones.

    Raises:
        ConfigError: no such kind of output.
        PortError: no such port, or this system has no MIDI.
    """
    check_spec(spec)
    kind, _, detail = spec.partition(":")
    if kind == "synth":
        return _open_synth(detail, synth or {})
    if kind == LOOPBACK:
        from stream_v2m.midi.loopback import LoopbackPort

        return LoopbackPort(int(detail))
    if kind == "virtual" and sys.platform == "win32":
        raise PortError("Windows has no virtual MIDI ports", where=spec, cure=_NO_VIRTUAL)
    with quiet():
        client = _connect(api)
        try:
            if kind == "virtual":
                client.open_virtual(detail or CLIENT)
            else:
                client.open(_index(detail, client.destinations()))
        except PortError:
            client.close()
            raise
    return client


def list_outputs(api: str = AUTO) -> list[str]:
    """Names of the ports that can be sent to; the place in the list is the index in ``port:INDEX``.

    Raises:
        PortError: this system has no MIDI.
    """
    with quiet():
        client = _connect(api)
        names = client.destinations()
        client.close()
    return names


def current_api(api: str = AUTO) -> str:
    """Which of the system's MIDI interfaces answers: ``alsa``, ``jack``, ``coremidi`` or ``winmm``.

    Raises:
        PortError: none does.
    """
    with quiet():
        client = _connect(api)
        client.close()
    return client.api


def find_port(pattern: str, names: Sequence[str]) -> int | None:
    """The index of the first name that fits ``pattern``, as ``open_output`` says; None if none does."""
    wanted, lowered = pattern.lower(), [name.lower() for name in names]
    tests: list[Callable[[str], bool]] = [
        lambda name: name == wanted,
        lambda name: wanted in name,
        lambda name: fnmatch.fnmatchcase(name, wanted),
    ]
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except re.error:
        pass
    else:
        tests.append(lambda name: expression.search(name) is not None)
    return next((index for test in tests for index, name in enumerate(lowered) if test(name)), None)


def without_number(name: str) -> str:
    """A port's name without the client and port numbers that ALSA puts behind it, which change."""
    return re.sub(r" \d+:\d+$", "", name)


def distinct(name: str, taken: Sequence[str]) -> str:
    """``name``, or with ``-01``, ``-02`` … behind it if a port in ``taken`` is called so."""
    labels = {without_number(each).rpartition(":")[2] for each in taken}
    numbered = (f"{name}-{number:02}" for number in itertools.count(1))
    return next(each for each in itertools.chain([name], numbered) if each not in labels)


def opened(name: str, before: Sequence[str], after: Sequence[str]) -> str:
    """What the system calls the port that we have opened as ``name``, by its lists of ports before and after."""
    return next((each for each in after if each not in before and name in each), name)


def _index(detail: str, names: Sequence[str]) -> int:
    found = int(detail) if detail.isdecimal() else find_port(detail, names)
    if found is None or found >= len(names):
        raise PortError(
            "no such MIDI port",
            where=f"port:{detail}",
            expected=f"one of {', '.join(map(repr, names))}" if names else "any port, and there is none",
            cure="start the instrument, or name another port",
        )
    return found


def _apis(api: str) -> tuple[str, ...]:
    return _SYSTEM_APIS.get(sys.platform, ("alsa", "jack")) if api == AUTO else (api,)


def first_that_answers(make: Callable[[str], T], api: str) -> T:
    """What ``make`` makes of the first of the system's MIDI interfaces that answers, or of ``api`` alone.

    Raises:
        PortError: none does.
    """
    reasons = []
    for name in _apis(api):
        try:
            return make(name)
        except PortError as error:
            reasons.append(f"{name}: {error.what}")
    raise PortError(
        "this system's MIDI does not answer",
        where="/".join(_apis(api)),
        got="; ".join(reasons),
        cure=_CURES.get(sys.platform, _CURES["linux"]),
    )


def _connect(api: str) -> Client:
    client = _library()
    return first_that_answers(lambda name: client(name, CLIENT), api)


def _library() -> Callable[[str, str], Client]:
    """What makes a client of an interface, by a name."""
    try:
        from stream_v2m.midi.rtmidi_client import RtMidiClient
    except ModuleNotFoundError as error:
        raise no_library() from error
    return RtMidiClient


def no_library() -> PortError:
    """What to say where python-rtmidi is not installed, as it may be where it has no wheel."""
    return PortError(
        "MIDI ports need python-rtmidi, which is not installed",
        cure="`pip install python-rtmidi`; from Python 3.13 on it is built, by a C++ compiler and, on Linux, with "
        "pkg-config and headers (`apt install g++ pkg-config libasound2-dev libjack-jackd2-dev`)",
    )


def _open_synth(soundfont: str, settings: Mapping[str, Any]) -> OutputPort:
    from pathlib import Path

    from stream_v2m.midi.synth import SynthPort, SynthSettings

    return SynthPort(Path(soundfont) if soundfont else None, SynthSettings(**settings))
