"""Visitors who send anything at all, and what every answer to them must be."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field

from stream_v2m.core.commands.table import COMMANDS

PATIENCE = 20.0  # seconds until an answer counts as never coming
SILENCE = 0.5  # seconds until a server is taken to wait for the rest of a request
PATHS = (
    "/",
    "/camera",
    "/overlay",
    "/web/session.js",
    "/web/",
    "/api/v1/state",
    "/api/v1/commands",
    "/api/v1/openapi.json",
    "/api/v1/preview.jpg",
    "/api/v1/events",
    "/api/v1/events?notes=1&midi=1&rate=15",
    "/api/v1/login",
    *(f"/api/v1/commands/{name}" for name in COMMANDS),
)
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE", "FOO", "get", "")
VALUES = (
    None, True, False, 0, -1, 1, 0.5, 1e300, 10**25, 2**63, -(2**63), "", "x", "now", "bar", "C major", "techno",
    "../../x", "\x00", "é", "🎹", "x" * 300, "%s%n", "<script>", [], {}, [[[[1]]]], {"a": {"b": {"c": {}}}},
    "arpeggio", "bass",
)  # fmt: skip
RAW = (
    b"NaN", b"Infinity", b"1e999", b"9" * 500, b'"\\ud800"', b'"\xff"', b"[" * 5000, b'{"a":' * 2000, b'{"a":1,"a":2}',
    b"\x00", b"\xef\xbb\xbf{}", b"{'a':1}", b"01", b"//", b"{", b"}", b'"', b"\xed\xa0\x80",
)  # fmt: skip
ODD = (b"\r\n", b"\x00", b" ", b"%", b"/..", b"\xff", b":", b'"', b"?", b"#")
HEADERS = (
    ("Host", ("127.0.0.1", "localhost", "evil", "", "[", "127.0.0.1:99999", "a" * 300, "x@localhost", "\xff")),
    ("Origin", ("null", "http://evil", "http://127.0.0.1", "", "http://[", "://", "http://localhost:1e9")),
    ("Authorization", ("Bearer x", "Basic eA==", "Bearer", "", "Bearer \xff", "bearer " + "x" * 5000)),
    ("Cookie", ("a=b", "stream_v2m_1=x", ";;;=", "a" * 5000, 'x="\\', "=\xff")),
    ("Content-Type", ("application/json", "text/plain; charset=nonsense", "multipart/form-data", "", "/")),
    ("Content-Encoding", ("gzip", "identity", "br", "nonsense")),
    ("Content-Length", ("0", "5", "-1", "1e3", "99999999999999999999", "x", "")),
    ("Transfer-Encoding", ("chunked", "gzip, chunked", "identity", "nonsense")),
    ("Expect", ("100-continue", "nonsense")),
    ("Range", ("bytes=0-", "bytes=5-1", "bytes=-999999", "nonsense", "bytes=0-1,3-4")),
    ("If-None-Match", ("*", '"x"', "W/", "\xff")),
    ("If-Modified-Since", ("Sun, 06 Nov 1994 08:49:37 GMT", "nonsense", "Sun, 99 Foo 99999 99:99:99 GMT")),
    ("Connection", ("close", "keep-alive", "Upgrade", "nonsense")),
    ("Upgrade", ("websocket", "h2c", "nonsense")),
    ("Sec-WebSocket-Key", ("dGhlIHNhbXBsZSBub25jZQ==", "x", "", "=" * 24, "\xff")),
    ("Sec-WebSocket-Version", ("13", "8", "99", "x")),
    ("Sec-WebSocket-Protocol", ("chat", ",", "")),
    ("Sec-WebSocket-Extensions", ("permessage-deflate", "permessage-deflate; x=y", ";;")),
    ("Sec-Fetch-Site", ("same-origin", "cross-site", "none", "nonsense")),
    ("X\x7fY", ("z",)),
    ("Bad Name", ("z",)),
)


def json_body(rng: random.Random) -> bytes:
    """A command's arguments as they should be, or nearly, or not at all."""
    kind = rng.random()
    if kind < 0.15:
        return rng.choice(RAW)
    name = rng.choice(list(COMMANDS))
    keys = [*COMMANDS[name].model_fields, "token", "extra", ""]
    values = {rng.choice(keys): rng.choice(VALUES) for _ in range(rng.randrange(5))}
    body = json.dumps(values, ensure_ascii=rng.random() < 0.5).encode()
    return mutated(body, rng) if kind < 0.4 else body


def message(rng: random.Random) -> bytes:
    """What a visitor may say on a WebSocket, or nearly."""
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(RAW)
    if kind < 0.2:
        return rng.randbytes(rng.randrange(200))
    if kind > 0.6:
        name = rng.choice(list(COMMANDS))
        keys = [key for key in COMMANDS[name].model_fields if key != "when" or rng.random() < 0.2]
        arguments = {key: rng.choice(VALUES) for key in keys}
        return json.dumps({"type": "command", "id": rng.randrange(9), "name": name, "arguments": arguments}).encode()
    values: dict[str, object] = {"type": rng.choice(["ping", "command", "command", "nonsense", None, [], {}])}
    for key in ("id", "t", "name", "arguments", "extra"):
        if rng.random() < 0.6:
            values[key] = rng.choice(VALUES)
    body = json.dumps(values).encode()
    return mutated(body, rng) if kind < 0.4 else body


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, put in, taken out or doubled."""
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        place = rng.randrange(len(changed) + 1)
        match rng.randrange(4):
            case 0:
                changed[place : place + 1] = rng.randbytes(1)
            case 1:
                changed[place:place] = rng.choice(
                    (b"\r\n", b"\x00", b" ", b"%", b"/..", b"\xff", b":", b'"', b"?", b"#")
                )
            case 2:
                del changed[place : place + rng.randrange(8)]
            case _:
                changed[place:place] = changed[max(0, place - rng.randrange(20)) : place]
    return bytes(changed)


def request(rng: random.Random, host: str) -> bytes:
    """A request of HTTP, or nearly; it asks to be the last of its connection."""
    kind = rng.random()
    if kind < 0.03:
        return rng.randbytes(rng.randrange(1, 400))
    method, path = rng.choice(METHODS if kind < 0.3 else ("GET", "POST")), rng.choice(PATHS)
    if kind < 0.4:
        path = mutated(path.encode(), rng).decode("latin-1").replace(" ", "%20")
    if rng.random() < 0.2:
        path += "?" + "&".join(f"{rng.choice(('rate', 'notes', 'x', ''))}={rng.choice(VALUES)}" for _ in range(3))
    body = json_body(rng) if method in ("POST", "PUT", "PATCH", "FOO") else b""
    headers = {"Host": host, "Connection": "close", "Content-Length": str(len(body))}
    for _ in range(rng.choice((0, 0, 0, 1, 2, 4))):
        name, values = rng.choice(HEADERS)
        headers[name] = rng.choice(values)
    version = "1.1" if rng.random() < 0.9 else rng.choice(("1.0", "9.9", "", "1"))
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines).encode("utf-8" if rng.random() < 0.5 else "latin-1", "replace") + b"\r\n\r\n"
    return (mutated(head, rng) if kind > 0.9 else head) + body


@dataclass
class Tally:
    """How often which answer came, and whatever should not have been."""

    answers: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def count(self, answer: str) -> None:
        self.answers[answer] = self.answers.get(answer, 0) + 1

    def fault(self, what: str, sent: bytes, got: bytes) -> None:
        self.faults.append(f"{what}: sent {sent[:600]!r}, got {got[:600]!r}")

    def judge(self, sent: bytes, got: bytes) -> None:
        """An answer of HTTP must be one, below 500, and a refusal must say in JSON what is wrong.

        What is no HTTP at all is refused by the parser, in plain text.
        """
        if not got:
            self.count("closed")
            return
        head, _, body = got.partition(b"\r\n\r\n")
        status = head[9:12].decode("ascii", "replace")
        self.count(status)
        if not head.startswith(b"HTTP/") or not status.isdigit():
            self.fault("no answer of HTTP", sent, got)
        elif status >= "500":
            self.fault("a fault of the server", sent, got)
        elif status >= "400" and b"text/html" in head and b"<" in body:
            self.fault("HTML", sent, got)
        elif status >= "400" and b"application/json" in head and body:
            error = json.loads(body[: int(_header(head, b"content-length"))])["error"]
            if not error["what"]:
                self.fault("a refusal without a reason", sent, got)
        elif status >= "400" and body and status not in ("400", "416", "417"):
            self.fault("a refusal that is no JSON", sent, got)


def _header(head: bytes, name: bytes) -> bytes:
    return next(
        (line.partition(b":")[2].strip() for line in head.split(b"\r\n") if line.lower().startswith(name + b":")), b"0"
    )


async def knock(port: int, sent: bytes, tally: Tally) -> None:
    """Send one request on a connection of its own, and judge what comes until it closes."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(sent)
                got = await _answer(reader, writer, tally, head=sent.startswith(b"HEAD"))
            finally:
                writer.close()
    except TimeoutError:
        tally.fault("no end", sent, b"")
    except ConnectionError:
        tally.count("reset")
    else:
        tally.judge(sent, got)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tally: Tally, *, head: bool) -> bytes:
    """One answer, or what came until the end; a server that waits for more is told that nothing comes."""
    got, silent = b"", False
    while not _complete(got, head=head):
        try:
            async with asyncio.timeout(None if silent else SILENCE):
                more = await reader.read(65536)
        except TimeoutError:
            tally.count("waits for more")
            writer.write_eof()
            silent = True
            continue
        if not more:
            break
        got = (got + more).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    return got


def _complete(got: bytes, *, head: bool) -> bool:
    start, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return False
    return head or start[9:12] in (b"101", b"204", b"304") or len(body) >= int(_header(start, b"content-length"))
