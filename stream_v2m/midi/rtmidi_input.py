"""MIDI input by python-rtmidi.

Messages are asked for: a callback would run Python in the driver's thread. The library stamps each
message with the time since the one before, measured by ALSA, Core MIDI or WinMM at its arrival. Under
JACK it is the time of the audio period that brought it, so a stamp is as fine as a period is short.
"""

from __future__ import annotations

import rtmidi

from stream_v2m.midi.rtmidi_api import compiled_api, port_errors, ports_of

_QUEUE = 8192  # messages; what comes above it is lost, and said on the terminal by the library


class RtMidiInput:
    """One client of one of the system's MIDI interfaces, and the port that it listens to."""

    def __init__(self, api: str, client: str) -> None:
        number = compiled_api(api)
        self.api = api
        self._driver = 0.0
        with port_errors(api):
            self._in = rtmidi.MidiIn(number, name=client, queue_size_limit=_QUEUE)
        # all of them, since what the library ignores takes its delta with it
        self._in.ignore_types(sysex=False, timing=False, active_sense=False)

    def sources(self) -> list[str]:
        with port_errors(self.api):
            return ports_of(self._in)

    def open(self, index: int) -> str:
        name = self.sources()[index]
        with port_errors(name):
            self._in.open_port(index, "in")
        return name

    def open_virtual(self, name: str) -> None:
        with port_errors(name):
            self._in.open_virtual_port(name)

    def release(self) -> None:
        with port_errors(self.api):
            self._in.close_port()

    def poll(self) -> tuple[float, bytes] | None:
        with port_errors(self.api):
            event = self._in.get_message()
        if event is None:
            return None
        message, delta = event
        self._driver += delta
        return self._driver, bytes(message)

    def close(self) -> None:
        self._in.delete()
