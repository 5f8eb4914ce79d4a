"""An output that needs no MIDI system: each message is a datagram to a UDP port of this machine."""

from __future__ import annotations

import socket

from stream_v2m.core.errors import PortError

HOST = "127.0.0.1"


class LoopbackPort:
    """A ``midi.port.OutputPort``.

    Args:
        port: UDP, where a peer listens.
    """

    def __init__(self, port: int) -> None:
        self.name = f"{HOST}:{port}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((HOST, port))

    def send(self, message: bytes) -> None:
        try:
            self._socket.send(message)
        except OSError as error:
            raise PortError("nobody listens", where=self.name, got=error.strerror) from error

    def close(self) -> None:
        self._socket.close()
