"""A small RTSP server (RFC 2326, interleaved only): passes on the RTP that an ffmpeg sends to it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from tests.support.publishers import ffmpeg, free_port

METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"


@contextmanager
def rtsp_server(port: int, folder: Path) -> Iterator[str]:
    """Serve a test picture at the address that this gives; every connection is cut at the end."""
    rtp = free_port(socket.SOCK_DGRAM)
    sdp = folder / "stream.sdp"
    sdp.unlink(missing_ok=True)
    with (
        socket.create_server(("127.0.0.1", port)) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets,
    ):
        packets.bind(("127.0.0.1", rtp))
        packets.settimeout(0.1)
        listener.settimeout(0.1)
        clients: list[socket.socket] = []
        # SPS and PPS before every key frame, since the SDP is written before there are any
        with ffmpeg("-bsf:v", "dump_extra", "-sdp_file", str(sdp), "-f", "rtp", f"rtp://127.0.0.1:{rtp}"):
            serving = Thread(target=_serve, args=(listener, packets, sdp, clients), daemon=True)
            serving.start()
            try:
                yield f"rtsp://127.0.0.1:{port}/live"
            finally:
                listener.close()
                packets.close()
                serving.join()
                for client in clients:
                    with suppress(OSError):
                        client.shutdown(socket.SHUT_RDWR)
                    client.close()


def _serve(listener: socket.socket, packets: socket.socket, sdp: Path, clients: list[socket.socket]) -> None:
    playing: list[socket.socket] = []
    with suppress(OSError):  # the sockets were closed
        while True:
            with suppress(TimeoutError):
                listener.setblocking(False)
                with suppress(BlockingIOError):
                    client, _ = listener.accept()
                    clients.append(client)
                    Thread(target=_talk, args=(client, sdp, playing), daemon=True).start()
                packet = packets.recv(65_536)
                for each in list(playing):
                    with suppress(OSError):
                        each.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)


def _talk(client: socket.socket, sdp: Path, playing: list[socket.socket]) -> None:
    with suppress(OSError, ValueError), client.makefile("rb") as lines:
        client.settimeout(None)
        while request := lines.readline().decode():
            method, url, _ = request.split()
            headers = {}
            while line := lines.readline().decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body, more = "", f"Public: {METHODS}\r\nSession: 1\r\n"
            if method == "DESCRIBE":
                body = sdp.read_text().partition("v=0")[2]
                body = f"v=0{body}a=control:stream\r\n"
                more += f"Content-Base: {url}/\r\nContent-Type: application/sdp\r\n"
            elif method == "SETUP":
                more += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            answer = f"RTSP/1.0 200 OK\r\nCSeq: {headers['cseq']}\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}"
            client.sendall(answer.encode())
            if method == "PLAY":
                playing.append(client)
