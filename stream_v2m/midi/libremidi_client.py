"""MIDI by pylibremidi, for the Pythons that python-rtmidi has no wheels for."""

from __future__ import annotations

import pylibremidi

from stream_v2m.core.errors import PortError

_APIS = {
    "alsa": pylibremidi.API.ALSA_SEQ,
    "jack": pylibremidi.API.JACK_MIDI,
    "coremidi": pylibremidi.API.COREMIDI,
    "winmm": pylibremidi.API.WINDOWS_MM,
}


class LibremidiClient:
    """One client of one of the system's MIDI interfaces, and the port that it opens.

    The library never raises: it returns errors that are true where something went wrong, and falls
    back to a dummy where an interface is missing.
    """

    def __init__(self, api: str, client: str) -> None:
        if api not in _APIS:
            raise PortError("pylibremidi does not know it", where=api)
        self.name, self.api = client, api
        self._destination: str | None = None
        self._observer = pylibremidi.Observer(pylibremidi.ObserverConfiguration(), _APIS[api])
        self._out = pylibremidi.MidiOut(pylibremidi.OutputConfiguration(), _APIS[api])
        if self._out.get_current_api() != _APIS[api]:
            raise PortError("it does not answer", where=api)

    def destinations(self) -> list[str]:
        return [port.port_name for port in self._observer.get_output_ports()]

    def open(self, index: int) -> None:
        port = self._observer.get_output_ports()[index]
        self._check(self._out.open_port(port, self.name), port.port_name)
        self.name = self._destination = port.port_name

    def open_virtual(self, name: str) -> None:
        self._check(self._out.open_virtual_port(name), name)
        self.name = name

    def present(self) -> bool:
        return self._destination is None or self._destination in self.destinations()

    def send(self, message: bytes) -> None:
        self._check(self._out.send_message(list(message)), self.name)

    def close(self) -> None:
        self._out.close_port()

    def _check(self, error: pylibremidi.Error, where: str) -> None:
        if error:
            raise PortError(str(error).lower(), where=where)
