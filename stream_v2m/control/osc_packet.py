"""OSC 1.0 packets: the messages in one that came in, and the bytes of our own.

The bytes of single values are python-osc's work. Its parser of whole packets is not used on what comes from the
network: a bundle whose element has a negative size keeps it busy for ever, and it writes to the log what it does
not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

MAX_SIZE = 2048  # bytes; a command is far shorter
MAX_DEPTH = 4  # bundles in bundles
_BUNDLE, _HEAD = b"#bundle\0", 16  # its name, and with its time tag
_WORD = 4

Argument = int | float | str | bool | None

_READERS: dict[str, Callable[[bytes, int], tuple[Argument, int]]] = {
    "i": osc_types.get_int,
    "h": osc_types.get_int64,
    "f": osc_types.get_float,
    "d": osc_types.get_double,
    "s": osc_types.get_string,
    "T": lambda _, index: (True, index),
    "F": lambda _, index: (False, index),
    "N": lambda _, index: (None, index),
}


class Malformed(Exception):
    """These bytes are no OSC packet that we understand."""


@dataclass(frozen=True, slots=True)
class Message:
    """An address and what it is told."""

    address: str
    arguments: tuple[Argument, ...] = ()


def read(packet: bytes) -> list[Message]:
    """The messages of a packet, in their order; time tags are not waited for.

    Raises:
        Malformed: too long, cut short, or with types that no command takes.
    """
    if len(packet) > MAX_SIZE:
        raise Malformed("too long")
    try:
        return _read(packet, MAX_DEPTH)
    except (osc_types.ParseError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error


def message(address: str, *arguments: Argument) -> OscMessage:
    """One message; truth is sent as 1 and 0, since more receivers know these."""
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(int(argument) if isinstance(argument, bool) else argument)
    return builder.build()


def bundle(moment: float, messages: Sequence[OscMessage]) -> bytes:
    """Messages that take effect together at Unix time ``moment``, as NTP's time tag."""
    elements = [osc_types.write_int(each.size) + each.dgram for each in messages]
    return b"".join([_BUNDLE, osc_types.write_date(moment), *elements])


def _read(packet: bytes, depth: int) -> list[Message]:
    if packet.startswith(b"/"):
        return [_message(packet)]
    if not packet.startswith(_BUNDLE) or len(packet) < _HEAD:
        raise Malformed("neither a message nor a bundle")
    if depth == 0:
        raise Malformed("too many bundles in bundles")
    messages, index = [], _HEAD
    while index < len(packet):
        size, index = osc_types.get_int(packet, index)
        if size <= 0 or size % _WORD or index + size > len(packet):
            raise Malformed("an element of a wrong size")
        messages += _read(packet[index : index + size], depth - 1)
        index += size
    return messages


def _message(packet: bytes) -> Message:
    address, index = osc_types.get_string(packet, 0)
    if index == len(packet):  # old senders leave the types out when there are none
        return Message(address)
    tags, index = osc_types.get_string(packet, index)
    if not tags.startswith(","):
        raise Malformed("no types")
    arguments: list[Any] = []
    for tag in tags[1:]:
        if tag not in _READERS:
            raise Malformed(f"type {tag!r}")
        argument, index = _READERS[tag](packet, index)
        arguments.append(argument)
    return Message(address, tuple(arguments))
