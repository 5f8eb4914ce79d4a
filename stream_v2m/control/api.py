"""The API's addresses: state, commands, their schemas, events, preview, login."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus

from aiohttp import WSMsgType, web

from stream_v2m.control.access import Access, Buckets
from stream_v2m.control.events import FAULTS, LARGEST, Events, Hearing, Wishes
from stream_v2m.control.faults import fault
from stream_v2m.control.guard import visitor_of
from stream_v2m.control.obey import Obey
from stream_v2m.control.openapi import PREFIX, command_schema, document
from stream_v2m.control.preview import Preview
from stream_v2m.control.reading import read_model, read_object
from stream_v2m.control.route import Route
from stream_v2m.control.server_config import ServerConfig
from stream_v2m.control.words import VERSION, word, written
from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import ConfigError

BODY_S = 10.0  # seconds that a body may take to arrive
HEARTBEAT_S = 20.0  # seconds between two pings of a WebSocket; half of it for the pong
SEND_BUFFER = 64 * 1024  # bytes that the system may hold for a slow visitor, who would get them late


class Api:
    """What answers under ``/api/v1``.

    Attributes:
        sockets: the open WebSockets.
    """

    def __init__(
        self,
        config: ServerConfig,
        *,
        access: Access,
        cookie: str,
        secure: bool,
        obey: Obey,
        events: Events,
        preview: Preview | None,
        clock: Clock,
    ) -> None:
        self._config, self._access, self._cookie, self._secure = config, access, cookie, secure
        self._obey, self._events, self._preview, self._clock = obey, events, preview, clock
        self._commands = Buckets(config.commands_per_s, config.commands_per_s, clock.now)
        self.sockets: set[web.WebSocketResponse] = set()

    @property
    def routes(self) -> list[Route]:
        return [
            Route("GET", f"{PREFIX}/state", self._state),
            Route("GET", f"{PREFIX}/commands", self._schemas),
            Route("POST", f"{PREFIX}/commands/{{name}}", self._command),
            Route("GET", f"{PREFIX}/openapi.json", self._document),
            Route("GET", f"{PREFIX}/events", self._converse),
            Route("GET", f"{PREFIX}/preview.jpg", self._picture),
            Route("POST", f"{PREFIX}/login", self._login, public=True),
        ]

    async def _state(self, request: web.Request) -> web.Response:
        now = written(word(self._clock.now()))
        return _json(f'{{"version":{VERSION},"now":{now},"state":{self._events.state()}}}')

    async def _schemas(self, request: web.Request) -> web.Response:
        return _json(written({name: command_schema(name, self._obey.styles) for name in self._obey.names}))

    async def _document(self, request: web.Request) -> web.Response:
        return _json(written(document(self._obey.names, self._obey.styles)))

    async def _command(self, request: web.Request) -> web.Response:
        if not self._commands.take(request.remote or ""):
            raise fault(429, "too many commands at once", where=request.path, cure="send fewer", retry_after=1)
        name = request.match_info["name"]
        self._obey(name, read_object(await read_body(request), "body"))
        return _json('{"ok":true}')

    async def _login(self, request: web.Request) -> web.Response:
        visitor = visitor_of(request, self._cookie)
        self._access.check_origin(visitor)
        token = read_object(await read_body(request), "body").get("token")
        if not isinstance(token, str):
            raise ConfigError("no token", where="body", expected='{"token":"…"}')
        value = self._access.login(visitor.peer, token)
        response = _json('{"ok":true}')
        if value is not None:
            secure = self._secure or (visitor.origin or "").startswith("https:")
            response.set_cookie(self._cookie, value, httponly=True, samesite="Strict", secure=secure, path="/")
        return response

    async def _picture(self, request: web.Request) -> web.Response:
        picture = await self._preview.fresh() if self._preview is not None else None
        if picture is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        return web.Response(body=picture, content_type="image/jpeg")

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        wishes = read_model(Wishes, _query(request), "query")
        if "Sec-WebSocket-Protocol" in request.headers:
            raise ConfigError("no subprotocol is spoken here", where="Sec-WebSocket-Protocol")
        if len(self.sockets) >= self._config.max_clients:
            raise fault(
                503, "too many listen already", expected=f"at most {self._config.max_clients}", cure="close a page"
            )
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, compress=False, max_msg_size=LARGEST, timeout=0.3, writer_limit=SEND_BUFFER // 4
        )
        self.sockets.add(socket)
        try:
            await socket.prepare(request)
            _keep_little(request)
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(self._tell(socket, wishes))
                await self._hear(socket)
                telling.cancel()
        finally:
            self.sockets.discard(socket)
        return socket

    async def _tell(self, socket: web.WebSocketResponse, wishes: Wishes) -> None:
        with suppress(ConnectionError):  # the visitor has gone; whoever hears it ends
            await self._events.tell(socket, wishes)

    async def _hear(self, socket: web.WebSocketResponse) -> None:
        hearing = Hearing(self._obey, now=self._clock.now, rate=self._config.commands_per_s)
        with suppress(ConnectionError):
            async for message in socket:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    return
                await socket.send_str(hearing.answer(message.data))
                if hearing.faults >= FAULTS:
                    await socket.close(code=1008, message=b"too many faults")
                    return
                if hearing.next > self._clock.now():
                    await self._clock.sleep_until(hearing.next)


async def read_body(request: web.Request) -> bytes:
    """The body, at most 64 kB, sent within 10 s and not compressed.

    Raises:
        Fault: 408, 413 or 415.
    """
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise fault(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a compressed body", where="Content-Encoding", cure="send it plain"
        )
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()
    except TimeoutError:
        raise fault(HTTPStatus.REQUEST_TIMEOUT, "the body did not come", cure=f"send it within {BODY_S:g} s") from None


def _query(request: web.Request) -> dict[str, str]:
    if len(request.query) != len(set(request.query)):
        raise ConfigError("the same word twice", where="query")
    return dict(request.query)


def _keep_little(request: web.Request) -> None:
    """What a slow visitor has not read yet is soon old: let neither us nor the system hold much of it."""
    import socket

    transport = request.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.set_write_buffer_limits(high=SEND_BUFFER // 4)
    connection = transport.get_extra_info("socket") if transport is not None else None
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
