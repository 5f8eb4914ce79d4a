"""Real programs that send moving pictures, each to be killed and started again."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

PICTURES = "testsrc2=size=160x90:rate=25"
_ENCODED = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-pix_fmt", "yuv420p"]


@contextmanager
def ffmpeg(*output: str) -> Iterator[subprocess.Popen[bytes]]:
    """Send a test picture, as H.264 and for ever, to what ffmpeg's ``output`` arguments say; killed at the end."""
    command = ["ffmpeg", "-loglevel", "error", "-nostdin", "-re", "-f", "lavfi", "-i", PICTURES, *_ENCODED, *output]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of this machine that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
