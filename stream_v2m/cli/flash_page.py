"""The flash page: a screen for a camera to look at, in any browser of this machine."""

from __future__ import annotations

import asyncio
import secrets
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import WSMsgType, web

from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import PortError

_PAGE = Path(__file__).with_name("flash.html")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_DRAWN_WITHIN = 2.0  # seconds


class FlashPage:
    """A ``stages.measure.Screen``: entered, it serves the page at ``url`` until it is left.

    On loopback, below a path that only who has the address knows. The page says when it has drawn, which takes
    less than a millisecond to come here; so the browser's clock is not needed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._path = f"/{secrets.token_urlsafe(16)}"
        self._socket: web.WebSocketResponse | None = None
        self._begun = asyncio.Event()
        self._drawn: asyncio.Future[float] | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.add_routes(
            [web.get(self._path, self._page), web.get(f"{self._path}/flashes", self._flashes)],
        )
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=0.3)
        await self._runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(self._runner, listener).start()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}{self._path}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self._runner.cleanup()

    async def begun(self) -> None:
        """Return when somebody has opened the page and said that it may flash."""
        await self._begun.wait()

    async def show(self, bright: bool) -> float:
        """Let the page go bright or dark; the session second at which it had been drawn.

        Raises:
            PortError: the page is gone, or draws nothing.
        """
        assert self._socket is not None, "begun() comes first"
        self._drawn = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_DRAWN_WITHIN):
                await self._socket.send_str("bright" if bright else "dark")
                return await self._drawn
        except (TimeoutError, ConnectionError) as error:
            raise PortError("the page draws nothing", where=self.url, cure="keep it open, and in front") from error

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=_PAGE.read_text(encoding="utf-8"), content_type="text/html", headers=_HEADERS)

    async def _flashes(self, request: web.Request) -> web.StreamResponse:
        visitor = web.WebSocketResponse()
        await visitor.prepare(request)
        async for message in visitor:
            moment = self._clock.now()
            if message.type is not WSMsgType.TEXT:
                continue
            if message.data == "begin":
                self._socket = visitor
                self._begun.set()
            elif self._drawn is not None and not self._drawn.done() and visitor is self._socket:
                self._drawn.set_result(moment)
        return visitor
