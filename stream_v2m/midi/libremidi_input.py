"""MIDI input by pylibremidi, for the Pythons that python-rtmidi has no wheels for.

The library keeps messages until it is polled, with the driver's own stamps in nanoseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import pylibremidi

from stream_v2m.core.errors import PortError

_APIS = {
    "alsa": pylibremidi.API.ALSA_SEQ,
    "jack": pylibremidi.API.JACK_MIDI,
    "coremidi": pylibremidi.API.COREMIDI,
    "winmm": pylibremidi.API.WINDOWS_MM,
}


class LibremidiInput:
    """One client of one of the system's MIDI interfaces, and the port that it listens to.

    The library never raises: it returns errors that are true where something went wrong, and falls
    back to a dummy where an interface is missing. It names its clients itself.
    """

    def __init__(self, api: str, client: str) -> None:
        if api not in _APIS:
            raise PortError("pylibremidi does not know it", where=api)
        self.api = api
        self._arrived: deque[tuple[float, bytes]] = deque()
        configuration = pylibremidi.InputConfiguration()
        configuration.ignore_sysex = configuration.ignore_timing = configuration.ignore_sensing = False
        configuration.on_raw_data = self._keep
        self._observer = pylibremidi.Observer(pylibremidi.ObserverConfiguration(), _APIS[api])
        self._in = pylibremidi.MidiIn(configuration, _APIS[api])
        if self._in.get_current_api() != _APIS[api]:
            raise PortError("it does not answer", where=api)

    def sources(self) -> list[str]:
        return [port.port_name for port in self._observer.get_input_ports()]

    def open(self, index: int) -> str:
        port = self._observer.get_input_ports()[index]
        self._check(self._in.open_port(port, "in"), port.port_name)
        return str(port.port_name)

    def open_virtual(self, name: str) -> None:
        self._check(self._in.open_virtual_port(name), name)

    def release(self) -> None:
        self._in.close_port()

    def poll(self) -> tuple[float, bytes] | None:
        if not self._arrived:
            self._in.poll()
        return self._arrived.popleft() if self._arrived else None

    def close(self) -> None:
        self._in.close_port()

    def _keep(self, message: Sequence[int], stamp: int) -> None:
        self._arrived.append((stamp * 1e-9, bytes(message)))

    def _check(self, error: pylibremidi.Error, where: str) -> None:
        if error:
            raise PortError(str(error).lower(), where=where)
