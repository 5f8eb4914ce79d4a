"""A gate: a TCP port that waits for one client, and passes its bytes on to a port that opens when it comes.

FFmpeg's own listening cannot be called off, and waits as long for a client that says nothing as for one that
has not come. Behind a gate it listens only once somebody is there.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Thread

from stream_v2m.core.errors import SourceError

LOOK_EVERY_S = 0.1
CHUNK = 65_536
INNER_HOST = "127.0.0.1"
_TRIES = 50  # until FFmpeg listens, one each ``LOOK_EVERY_S``


class Gate:
    """Listens from the beginning, so that a port that is taken is an error at once.

    Raises:
        SourceError: the port cannot be listened to.
    """

    def __init__(self, host: str, port: int, *, where: str, closed: Event) -> None:
        self._closed = closed
        self._client: socket.socket | None = None
        self._server: socket.socket | None = None
        try:
            self._listener = socket.create_server((host, port), backlog=1)
        except OSError as error:
            raise SourceError(
                "cannot be listened to", where=where, got=error.strerror, cure="is another program using the port?"
            ) from error
        self._listener.settimeout(LOOK_EVERY_S)

    def wait(self) -> bool:
        """Wait for a client; false if closed before."""
        while not self._closed.is_set():
            try:
                self._client, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._listener.close()  # a second publisher is refused
            return True
        return False

    def pass_on(self, port: int) -> None:
        """Pass bytes between the client and a port of this machine that is about to be listened to."""
        Thread(target=self._pass_on, args=(port,), name="gate", daemon=True).start()

    def close(self) -> None:
        """Disconnect both sides."""
        for side in (self._listener, self._client, self._server):
            if side is not None:
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
                side.close()

    def _pass_on(self, port: int) -> None:
        assert self._client is not None
        for _ in range(_TRIES):
            if self._closed.is_set():
                return
            try:
                self._server = socket.create_connection((INNER_HOST, port), timeout=LOOK_EVERY_S)
                break
            except OSError:
                self._closed.wait(LOOK_EVERY_S)
        if self._server is None:
            return
        self._server.settimeout(None)
        self._client.settimeout(None)
        back = Thread(target=_pump, args=(self._server, self._client), name="gate", daemon=True)
        back.start()
        _pump(self._client, self._server)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either side has gone
        while data := source.recv(CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def free_port() -> int:
    """A port of this machine that nobody listens to."""
    with socket.create_server((INNER_HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
