"""What python-rtmidi's inputs and outputs have in common: the systems that it was built for, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import rtmidi

from stream_v2m.core.errors import PortError

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


@contextmanager
def port_errors(where: str) -> Iterator[None]:
    """What the library raises, as one of our errors."""
    try:
        yield
    except rtmidi.RtMidiError as error:
        raise PortError(str(error).rstrip("."), where=where) from error
