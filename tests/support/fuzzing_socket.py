"""A visitor who says anything at all on a WebSocket, in frames made by hand."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import struct

from tests.support.fuzzing import PATIENCE, Tally, mutated


class Talk:
    """A WebSocket whose frames are made by hand; it is opened again whenever it is closed."""

    def __init__(self, port: int, tally: Tally) -> None:
        self._port, self._tally = port, tally
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def say(self, text: bytes, rng: random.Random) -> None:
        """Send one message, sometimes in a frame that is none, and judge the answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._open()
                opcode = rng.choice((1, 1, 1, 1, 1, 1, 2, 9)) if rng.random() < 0.98 else rng.randrange(16)
                frame = client_frame(text, opcode)
                broken = mutated(frame, rng) if rng.random() < 0.02 else frame
                writer.write(broken)
                if broken == frame:
                    writer.write(client_frame(b'{"type":"ping","id":"end"}', 1))  # its answer shows that nothing hangs
                else:  # it may promise more than comes
                    writer.write_eof()
                await self._until_pong(reader, text)
        except TimeoutError:
            self._tally.fault("no answer on the WebSocket", text, b"")
            self.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            self._tally.count("ws closed")
            self.close()

    async def _until_pong(self, reader: asyncio.StreamReader, sent: bytes) -> None:
        while True:
            opcode, payload = await server_frame(reader)
            if opcode == 8:
                code = struct.unpack("!H", payload[:2])[0]
                self._tally.count(f"ws {code}")
                if code not in (1002, 1003, 1007, 1008, 1009, 1000):
                    self._tally.fault("closed without a reason", sent, payload)
                self.close()
                return
            if opcode != 1:
                continue
            told = json.loads(payload)
            if told["type"] in ("answer", "error"):
                self._tally.count(f"ws {told['type']}")
                if not told.get("ok") and not told["error"]["what"]:
                    self._tally.fault("a refusal without a reason", sent, payload)
            if told["type"] == "pong" and told["id"] == "end":
                return

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            key = base64.b64encode(os.urandom(16)).decode()
            self._writer.write(
                f"GET /api/v1/events?rate=1 HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nConnection: Upgrade\r\n"
                f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            await self._reader.readuntil(b"\r\n\r\n")
        return self._reader, self._writer

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def client_frame(payload: bytes, opcode: int) -> bytes:
    """RFC 6455, section 5.2: one whole frame, masked by zeros, as a client must mask."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
    if size > 65535:
        length = b"\xff" + struct.pack("!Q", size)
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


async def server_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Opcode and payload of the next frame."""
    first, size = await reader.readexactly(2)
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    elif size == 127:
        (size,) = struct.unpack("!Q", await reader.readexactly(8))
    return first & 0x0F, await reader.readexactly(size)
