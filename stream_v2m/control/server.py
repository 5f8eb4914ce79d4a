"""The server: pages, API and whatever routes it is given, on one address; a surface of a performance."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import ssl
from collections.abc import Callable, Sequence

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from stream_v2m.control import here
from stream_v2m.control.access import Access, check_token, is_loopback
from stream_v2m.control.api import Api
from stream_v2m.control.events import Events
from stream_v2m.control.feed import Feed
from stream_v2m.control.guard import careful, guard, mindful
from stream_v2m.control.obey import Obey
from stream_v2m.control.pages import page_routes
from stream_v2m.control.preview import Preview
from stream_v2m.control.route import Route
from stream_v2m.control.server_config import ServerConfig
from stream_v2m.control.words import Sheet
from stream_v2m.core.clock import Clock
from stream_v2m.core.commands.command import Command
from stream_v2m.core.errors import PortError
from stream_v2m.core.state import Board

__all__ = ["Route", "Server", "ServerConfig"]

BODY = 64 * 1024  # bytes of a request's body
CONNECTIONS = 4  # open connections for each that may listen to events; a browser opens six
GOODBYE_S = 0.3  # seconds for a visitor to close its WebSocket, and for an answer under way
IDLE_S = 30.0  # seconds that a connection may wait for its next request
HANDSHAKE_S = 10.0
BACKLOG = 64
EVERYWHERE = ("0.0.0.0", "::", "")  # addresses to listen on, and none to go to


class Server:
    """Serves one performance.

    ``open`` takes the address before the performance starts; ``run`` serves until it is cancelled.

    Args:
        command: obeys a live command, or raises a ``StreamV2MError``.
        tls: certificate and key, if it speaks TLS.
        preview: makes the newest picture.
        routes: addresses beside the API and the pages.
        styles: names of the styles that may be asked for.
        beats_per_bar: told with the state.
    """

    def __init__(
        self,
        config: ServerConfig,
        *,
        board: Board,
        command: Callable[[Command], None],
        clock: Clock,
        feed: Feed,
        tls: ssl.SSLContext | None = None,
        preview: Preview | None = None,
        routes: Sequence[Route] = (),
        styles: Sequence[str] = (),
        beats_per_bar: int = 4,
    ) -> None:
        self._config, self._clock, self._tls, self._preview = config, clock, tls, preview
        self._extra = tuple(routes)
        self.loopback = is_loopback(config.host)
        self.token = _token(config, needed=not self.loopback or bool(config.hosts))
        self.token_made_up = self.token is not None and config.token is None
        allow_quit = self.loopback if config.allow_quit is None else config.allow_quit
        self._obey = Obey(command, styles=styles, allow_quit=allow_quit)
        self._events = Events(
            board, feed, Sheet({"styles": list(styles), "beats_per_bar": beats_per_bar}), clock, preview
        )
        self._socket: socket.socket | None = None
        self._api: Api | None = None

    @property
    def scheme(self) -> str:
        return "http" if self._tls is None else "https"

    @property
    def port(self) -> int:
        """The one that it listens on; it must be open."""
        assert self._socket is not None
        return int(self._socket.getsockname()[1])

    @property
    def urls(self) -> list[str]:
        """Addresses to tell people, the likeliest first; it must be open."""
        host = self._config.host
        found = [host]
        if host in EVERYWHERE:
            found = [each for each in here.addresses() if host == "::" or ":" not in each] or ["localhost"]
        return [f"{self.scheme}://{f'[{each}]' if ':' in each else each}:{self.port}" for each in found]

    def open(self) -> None:
        """Take the address.

        Raises:
            PortError: another program has it, or it is not ours.
        """
        host, port = self._config.host, self._config.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server(
                (host, port),
                family=family,
                backlog=BACKLOG,
                dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
            )
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PortError(
                f"cannot be served on ({reason})",
                where=f"{host}:{port}",
                cure="choose another with --port, or 0 for a free one; --host is an address of this machine",
            ) from error
        self._socket.setblocking(False)

    def close(self) -> None:
        """Let go of the address."""
        if self._socket is not None:
            self._socket.close()

    async def run(self) -> None:
        """Serve until cancelled; every visitor is told of the end, and none is waited for."""
        assert self._socket is not None, "open() comes first"
        loop = asyncio.get_running_loop()
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=GOODBYE_S,
            keepalive_timeout=IDLE_S,
            auto_decompress=False,
            lingering_time=GOODBYE_S,
            logger=_logger(),
        )
        try:
            await runner.setup()
            assert runner.server is not None
            runner.server.request_handler = mindful(runner.server.request_handler)
            limit = CONNECTIONS * self._config.max_clients
            server = await loop.create_server(
                lambda: _limited(runner, limit),
                sock=self._socket,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_S if self._tls else None,
                backlog=BACKLOG,
            )
            try:
                await (self._preview.run() if self._preview is not None else asyncio.Event().wait())
            finally:
                server.close()
        finally:
            await runner.cleanup()
            self.close()

    def _application(self) -> web.Application:
        access = Access(
            token=self.token,
            scheme=self.scheme,
            loopback=self.loopback,
            names=here.names(),
            proxied=self._config.hosts,
            now=self._clock.now,
        )
        cookie = f"stream_v2m_{self.port}"  # cookies do not tell ports apart
        self._api = Api(
            self._config,
            access=access,
            cookie=cookie,
            secure=self._tls is not None,
            obey=self._obey,
            events=self._events,
            preview=self._preview,
            clock=self._clock,
        )
        routes = [*self._api.routes, *page_routes(), *self._extra]
        open_to_all = {(route.method, route.path) for route in routes if route.public}

        def public(request: web.Request) -> bool:
            resource = request.match_info.route.resource
            path = resource.canonical if resource is not None else ""
            methods = ("GET", "HEAD") if request.method == "HEAD" else (request.method,)
            return any((method, path) in open_to_all for method in (*methods, "*"))

        app = web.Application(middlewares=[guard(access, cookie, public)], client_max_size=BODY)
        app.on_response_prepare.append(careful)
        app.on_shutdown.append(self._say_goodbye)
        for route in routes:
            app.router.add_route(route.method, route.path, route.handler)
            if route.method == "GET":
                app.router.add_route("HEAD", route.path, route.handler)
        return app

    async def _say_goodbye(self, app: web.Application) -> None:
        assert self._api is not None
        async with asyncio.TaskGroup() as group:
            for each in list(self._api.sockets):
                group.create_task(_dismiss(each))


async def _dismiss(socket: web.WebSocketResponse) -> None:
    try:
        async with asyncio.timeout(GOODBYE_S):
            await socket.close(code=1001, message=b"the performance has ended")
    except (TimeoutError, ConnectionError):
        pass  # it does not read; the connection is cut next


def _limited(runner: web.AppRunner, limit: int) -> asyncio.Protocol:
    server = runner.server
    if server is None or len(server.connections) >= limit:
        return _Refusing()
    return server()


class _Refusing(asyncio.Protocol):
    """Too many connections: this one is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _token(config: ServerConfig, *, needed: bool) -> str | None:
    if config.token is not None:
        return check_token(config.token.get_secret_value())
    return secrets.token_urlsafe(24) if needed else None


def _logger() -> logging.Logger:
    """Our faults are told on stderr; that a visitor speaks no proper HTTP is not one of them."""
    logger = logging.getLogger("stream_v2m.server")
    logger.addFilter(_ours)
    return logger


def _ours(record: logging.LogRecord) -> bool:
    fault = record.exc_info[1] if record.exc_info else None
    return not isinstance(fault, (HttpProcessingError, ConnectionError))
