"""What python-rtmidi's inputs and outputs have in common: the systems that it was built for, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import rtmidi

from stream_v2m.core.errors import PortError

_LOOKS = 5  # at ports that come and go

_APIS: dict[str, int] = {
    "alsa": rtmidi.API_LINUX_ALSA,
    "jack": rtmidi.API_UNIX_JACK,
    "coremidi": rtmidi.API_MACOSX_CORE,
    "winmm": rtmidi.API_WINDOWS_MM,
}


def compiled_api(api: str) -> int:
    """The library's number for one of the system's MIDI interfaces.

    Raises:
        PortError: it was built without that one.
    """
    if _APIS.get(api) not in rtmidi.get_compiled_api():
        raise PortError("python-rtmidi was built without it", where=api)
    return _APIS[api]


def ports_of(client: rtmidi.MidiIn | rtmidi.MidiOut) -> list[str]:
    """The names of the ports that a client can be connected to, in the system's order.

    The library counts them and then asks for one name after another, which it refuses where a port went meanwhile: then
    it is asked again.

    Raises:
        rtmidi.InvalidPortError: ports go all the time.
    """
    for _ in range(_LOOKS - 1):
        with suppress(rtmidi.InvalidPortError):
            return list(client.get_ports())
    return list(client.get_ports())


@contextmanager
def port_errors(where: str) -> Iterator[None]:
    """What the library raises, as one of our errors."""
    try:
        yield
    except rtmidi.RtMidiError as error:
        raise PortError(str(error).rstrip("."), where=where) from error
