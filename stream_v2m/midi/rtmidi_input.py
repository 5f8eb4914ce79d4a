"""MIDI input by python-rtmidi, which has wheels up to CPython 3.12.

Messages are asked for: a callback would run Python in the driver's thread. The library stamps each
message with the time since the one before, measured by ALSA, Core MIDI or WinMM at its arrival. Under
JACK it is the time of the audio period that brought it, so a stamp is as fine as a period is short.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import rtmidi

from stream_v2m.core.errors import PortError

_APIS = {
    "alsa": rtmidi.API_LINUX_ALSA,
    "jack": rtmidi.API_UNIX_JACK,
    "coremidi": rtmidi.API_MACOSX_CORE,
    "winmm": rtmidi.API_WINDOWS_MM,
}
_QUEUE = 8192  # messages; what comes above it is lost, and said on the terminal by the library


class RtMidiInput:
    """One client of one of the system's MIDI interfaces, and the port that it listens to."""

    def __init__(self, api: str, client: str) -> None:
        if _APIS.get(api) not in rtmidi.get_compiled_api():
            raise PortError("python-rtmidi was built without it", where=api)
        self.api = api
        self._driver = 0.0
        with _port_errors(api):
            self._in = rtmidi.MidiIn(_APIS[api], name=client, queue_size_limit=_QUEUE)
        # all of them, since what the library ignores takes its delta with it
        self._in.ignore_types(sysex=False, timing=False, active_sense=False)

    def sources(self) -> list[str]:
        with _port_errors(self.api):
            return list(self._in.get_ports())

    def open(self, index: int) -> str:
        name = self.sources()[index]
        with _port_errors(name):
            self._in.open_port(index, "in")
        return name

    def open_virtual(self, name: str) -> None:
        with _port_errors(name):
            self._in.open_virtual_port(name)

    def release(self) -> None:
        with _port_errors(self.api):
            self._in.close_port()

    def poll(self) -> tuple[float, bytes] | None:
        with _port_errors(self.api):
            event = self._in.get_message()
        if event is None:
            return None
        message, delta = event
        self._driver += delta
        return self._driver, bytes(message)

    def close(self) -> None:
        self._in.delete()


@contextmanager
def _port_errors(where: str) -> Iterator[None]:
    try:
        yield
    except rtmidi.RtMidiError as error:
        raise PortError(str(error).rstrip("."), where=where) from error
