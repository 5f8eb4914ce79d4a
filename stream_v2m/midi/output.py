"""One output as it is written down: where it goes, how much later it plays, and whether it gets notes, clock or both.

The player's process imports this, so it imports little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stream_v2m.core.errors import ConfigError
from stream_v2m.midi.channel_message import is_channel_message, is_timing

KINDS = "virtual, virtual:NAME, port:NAME, port:INDEX, synth or synth:SOUNDFONT"
LOOPBACK = "loopback"  # loopback:UDP-PORT is for measuring, where there is no MIDI: nobody is told of it
OPTIONS = "clock, clock-only, or an offset as +12ms"
LARGEST_OFFSET = 0.5  # seconds
_EVERY_PORT = -1  # core.values.ALL_PORTS, whose module imports numpy
_OFFSET = re.compile(r"([+-]\d+(?:\.\d+)?)(.*)")


@dataclass(frozen=True, slots=True)
class Output:
    """Where MIDI goes.

    Attributes:
        spec: what ``midi.port.open_output`` opens.
        offset: seconds; everything leaves later by this much, or earlier, below 0.
        notes: whether it gets notes, controllers and programs.
        clock: whether it gets MIDI clock, transport and song position.
    """

    spec: str
    offset: float = 0.0
    notes: bool = True
    clock: bool = False

    @classmethod
    def parse(cls, text: str, latency_ms: Mapping[str, float] = MappingProxyType({})) -> Output:
        """Read ``SPEC`` or ``SPEC@OPTION,…`` with the options ``clock``, ``clock-only`` and ``+12ms``.

        An ``@`` that no option follows is part of the port's name. An output without an offset plays earlier by
        its latency, if ``latency_ms`` knows its spec.

        Raises:
            ConfigError: no such kind of output, or options of which not all are known.
        """
        spec, _, listed = text.rpartition("@")
        options = [option.strip() for option in listed.split(",")]
        if not spec or not any(_is_option(option) for option in options):
            spec, options = text, []
        check_spec(spec)
        offsets = [_offset(option, text) for option in options if option not in ("clock", "clock-only")]
        if len(offsets) > 1 or {"clock", "clock-only"} <= set(options):
            raise ConfigError("options that contradict each other", where=text, got=listed, expected=OPTIONS)
        alone = "clock-only" in options
        offset = offsets[0] if offsets else -latency_ms.get(spec, 0.0) / 1000
        return cls(spec, offset, not alone, alone or "clock" in options)

    def takes(self, message: bytes) -> bool:
        """Whether ``message``, sent to every output, is for this one."""
        if is_timing(message):
            return self.clock
        return self.notes or not is_channel_message(message)

    def fields(self) -> list[Any]:
        """What ``Output(*fields)`` takes, for the link to the player's process."""
        return [self.spec, self.offset, self.notes, self.clock]


def check_spec(spec: str) -> None:
    """Accept what an output can be, whether it is there now or not.

    Raises:
        ConfigError: no such kind of output.
    """
    kind, _, detail = spec.partition(":")
    if kind == LOOPBACK and detail.isdecimal():
        return
    if kind not in ("virtual", "port", "synth") or (kind == "port" and not detail):
        raise ConfigError("no such kind of output", where=spec, expected=KINDS)


def addressed(outputs: Sequence[Output], port: int, message: bytes) -> Iterator[int]:
    """The places in ``outputs`` that ``message`` goes to; ``port`` is one of them or ``core.values.ALL_PORTS``.

    What is sent to one output by its number goes there, whatever its options say.
    """
    if port != _EVERY_PORT:
        yield port
        return
    yield from (place for place, output in enumerate(outputs) if output.takes(message))


def _is_option(text: str) -> bool:
    return text in ("clock", "clock-only") or _OFFSET.fullmatch(text) is not None


def _offset(option: str, text: str) -> float:
    """Seconds."""
    found = _OFFSET.fullmatch(option)
    if found is None or found[2] != "ms":
        raise ConfigError("no such option of an output", where=text, got=option, expected=OPTIONS)
    seconds = float(found[1]) / 1000
    if abs(seconds) > LARGEST_OFFSET:
        raise ConfigError("too large an offset", where=text, got=option, expected="-500ms to +500ms")
    return seconds
