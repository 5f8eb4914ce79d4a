"""MIDI by python-rtmidi, which is built on the spot where it has no wheel: from CPython 3.13 on."""

from __future__ import annotations

import rtmidi

from stream_v2m.midi.port import distinct, opened
from stream_v2m.midi.rtmidi_api import compiled_api, port_errors, ports_of


class RtMidiClient:
    """One client of one of the system's MIDI interfaces, and the port that it opens."""

    def __init__(self, api: str, client: str) -> None:
        number = compiled_api(api)
        self.name, self.api = client, api
        self._destination: str | None = None
        with port_errors(api):
            self._out = rtmidi.MidiOut(number, name=client)

    def destinations(self) -> list[str]:
        with port_errors(self.name):
            return ports_of(self._out)

    def open(self, index: int) -> None:
        name = self.destinations()[index]
        with port_errors(name):
            self._out.open_port(index, self.name)
        self.name = self._destination = name

    def open_virtual(self, name: str) -> None:
        with port_errors(name):
            lister = rtmidi.MidiIn(compiled_api(self.api), name=f"{self.name} lists")
            try:
                before = ports_of(lister)
                if self.api != "jack":  # whose server tells clients of one name apart by itself
                    name = distinct(name, before)
                self._out.open_virtual_port(name)
                self.name = opened(name, before, ports_of(lister))
            finally:
                lister.delete()

    def present(self) -> bool:
        return self._destination is None or self._destination in self.destinations()

    def send(self, message: bytes) -> None:
        with port_errors(self.name):
            self._out.send_message(message)

    def close(self) -> None:
        self._out.delete()
