"""A network camera that serves motion JPEG over HTTP to one client at a time, in the dialect that a test chooses."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from queue import Empty, SimpleQueue
from threading import Thread

import numpy as np

from stream_v2m.sources.jpeg import jpeg

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frame\r\nConnection: close\r\n\r\n"
CHUNKED = STREAM.replace(b"Connection: close", b"Transfer-Encoding: chunked")
BARE = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-jpeg\r\nConnection: close\r\n\r\n"
_DENIED = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="cam"\r\nContent-Length: 0\r\n\r\n'


def grey(level: int, width: int = 160, height: int = 90) -> bytes:
    """A JPEG of one grey, 0–255."""
    return jpeg(np.full((height, width, 3), level, np.uint8))


def part(picture: bytes, *, length: bool = True, boundary: bytes = b"--frame") -> bytes:
    """A picture as a part of a stream, up to its last byte."""
    size = b"Content-Length: %d\r\n" % len(picture) if length else b""
    return b"\r\n" + boundary + b"\r\nContent-Type: image/jpeg\r\n" + size + b"\r\n" + picture


def chunk(data: bytes) -> bytes:
    """Data as a chunk of HTTP/1.1."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def answer(kind: str, body: bytes, status: str = "200 OK") -> bytes:
    """A whole answer that is no stream."""
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class MjpegCamera:
    """What a test sees of it."""

    def __init__(self, listener: socket.socket, head: bytes, login: str | None, rate_hz: float | None) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener, self._head, self._login = listener, head, login
        self._pause = None if rate_hz is None else 1 / rate_hz
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/video"

    def send(self, *data: bytes) -> None:
        """To the client, or to the next one."""
        self._queue.put(b"".join(data))

    def cut(self) -> None:
        """End the connection."""
        self._queue.put(None)

    def serve(self) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, suppress(OSError):
                    self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += client.recv(4096)
        if self._login is not None and b64encode(self._login.encode()) not in request:
            client.sendall(_DENIED)
            return
        client.sendall(self._head)
        rolling = cycle([part(grey(level)) for level in range(40, 200, 10)])
        while True:
            try:
                data = self._queue.get(timeout=self._pause)
            except Empty:
                data = next(rolling)
            if data is None:
                return
            client.sendall(data)


@contextmanager
def mjpeg_camera(
    head: bytes = STREAM, *, port: int = 0, login: str | None = None, rate_hz: float | None = None
) -> Iterator[MjpegCamera]:
    """Serve.

    Args:
        head: how each client is answered.
        login: ``user:password`` that is asked for.
        rate_hz: of pictures that it sends by itself; none: what the test sends.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        camera = MjpegCamera(listener, head, login, rate_hz)
        serving = Thread(target=camera.serve, daemon=True)
        serving.start()
        try:
            yield camera
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            camera.cut()
            serving.join()
