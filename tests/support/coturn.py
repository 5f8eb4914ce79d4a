"""A real TURN server of a test's own, on loopback: UDP, TCP and TLS, with long-term credentials."""

from __future__ import annotations

import datetime
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stream_v2m.control.certificates import self_signed
from tests.support.publishers import free_port

HOST = "127.0.0.1"
USER, PASSWORD = "name", "secret"


@dataclass(frozen=True)
class Coturn:
    """Where it listens, and the certificate that it shows."""

    port: int
    tls_port: int
    certificate: Path

    def url(self, transport: str) -> str:
        """Of its service over ``udp``, ``tcp`` or ``tls``."""
        if transport == "tls":
            return f"turns:{HOST}:{self.tls_port}?transport=tcp"
        return f"turn:{HOST}:{self.port}?transport={transport}"


@contextmanager
def coturn(folder: Path) -> Iterator[Coturn]:
    """A server that ends with the block. Skips the test where it is not installed: its package would start a daemon."""
    if shutil.which("turnserver") is None:
        pytest.skip("coturn not installed")
    certificate, key = self_signed(folder, [HOST], now=datetime.datetime.now(datetime.UTC))
    server = Coturn(free_port(), free_port(), certificate)
    options = [
        f"--listening-ip={HOST}",
        f"--relay-ip={HOST}",
        f"--listening-port={server.port}",
        f"--tls-listening-port={server.tls_port}",
        f"--cert={certificate}",
        f"--pkey={key}",
        f"--user={USER}:{PASSWORD}",
        f"--userdb={folder / 'users'}",
        f"--pidfile={folder / 'pid'}",
        "--lt-cred-mech",
        "--realm=test",
        "--allow-loopback-peers",
        "--no-cli",
        "--no-dtls",
        "--log-file=stdout",
    ]
    process = subprocess.Popen(["turnserver", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for port in (server.port, server.tls_port):
            while _refuses(port):
                assert process.poll() is None, "coturn has ended"
                time.sleep(0.01)
        yield server
    finally:
        process.terminate()
        process.wait()


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
