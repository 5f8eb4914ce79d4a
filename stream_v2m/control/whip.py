"""WHIP, by which OBS, pages and encoders publish a picture over HTTP (RFC 9725): one address, one way in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from stream_v2m.control.faults import Fault, described, fault
from stream_v2m.control.route import Route
from stream_v2m.control.words import written
from stream_v2m.core.errors import PublishError, Refusal, StreamV2MError

PATH = "/whip"
SDP = "application/sdp"
LARGEST = 64 * 1024  # bytes of an offer; browsers send 3,000 to 10,000
READING = 5.0  # seconds that an offer may take to arrive
STATUS: dict[Refusal, HTTPStatus] = {
    "malformed": HTTPStatus.BAD_REQUEST,
    "codec": HTTPStatus.UNPROCESSABLE_ENTITY,
    "taken": HTTPStatus.CONFLICT,
    "unknown": HTTPStatus.NOT_FOUND,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
}
Handler = Callable[[web.Request], Awaitable[web.Response]]
_ENDPOINT, _SESSION = "POST, OPTIONS", "DELETE, OPTIONS"


class Publication(Protocol):
    """What a publisher is told."""

    @property
    def id(self) -> str: ...

    @property
    def answer(self) -> str: ...


class Publish(Protocol):
    """Takes an SDP offer; raises ``PublishError``."""

    def __call__(self, offer: str, *, takeover: bool) -> Awaitable[Publication]: ...


class Whip:
    """The endpoint and its sessions.

    Args:
        unpublish: ends a publication by its id; raises ``PublishError``.
        origins: pages elsewhere that may publish here, as ``https://example.org``; they need the token.
    """

    def __init__(
        self, publish: Publish, unpublish: Callable[[str], Awaitable[None]], *, origins: Sequence[str] = ()
    ) -> None:
        self._publish, self._unpublish = publish, unpublish
        self._origins = {origin.lower().rstrip("/") for origin in origins}

    def routes(self) -> list[Route]:
        """Its addresses: ``/whip`` takes offers, ``/whip/ID`` is one publication."""
        session = f"{PATH}/{{id}}"
        return [
            Route("POST", PATH, self._answering(self._post)),
            Route("OPTIONS", PATH, self._answering(self._options), public=True),  # a browser asks it without the token
            Route("*", PATH, self._answering(_other)),
            Route("DELETE", session, self._answering(self._delete)),
            Route("OPTIONS", session, self._answering(self._options), public=True),
            Route("*", session, self._answering(_other)),
        ]

    def _answering(self, handler: Handler) -> Handler:
        """Refusals too are for pages of allowed origins to read."""

        async def answering(request: web.Request) -> web.Response:
            try:
                response = await handler(request)
            except PublishError as error:
                response = _refusal(request, STATUS[error.reason], error)
            except Fault as refused:
                response = _refusal(request, refused.status, refused.error)
            response.headers["Cache-Control"] = "no-store"
            response.headers["Vary"] = "Origin"
            if request.path == PATH:
                response.headers["Accept-Post"] = SDP
            if self._is_shared(request):
                response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
                response.headers["Access-Control-Expose-Headers"] = "Location"
            return response

        return answering

    async def _post(self, request: web.Request) -> web.Response:
        if request.content_type != SDP:
            raise fault(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "not an SDP offer",
                where="Content-Type",
                got=request.content_type,
                expected=SDP,
            )
        offer = await _body(request)
        publication = await self._publish(offer, takeover=request.query.get("takeover") in ("1", "true"))
        headers = {"Location": f"{PATH}/{publication.id}"}
        return web.Response(status=HTTPStatus.CREATED, text=publication.answer, content_type=SDP, headers=headers)

    async def _delete(self, request: web.Request) -> web.Response:
        await self._unpublish(request.match_info["id"])
        return web.Response()

    async def _options(self, request: web.Request) -> web.Response:
        """Say what is taken here; and to a page of an allowed origin, that it may send it."""
        response = web.Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": _allowed(request)})
        if self._is_shared(request):
            response.headers["Access-Control-Allow-Methods"] = _allowed(request)
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.headers["Access-Control-Max-Age"] = "600"
        return response

    def _is_shared(self, request: web.Request) -> bool:
        return request.headers.get("Origin", "").lower() in self._origins


async def _other(request: web.Request) -> web.Response:
    """Every other method; PATCH too, since candidates do not trickle here (RFC 9725, 4.3)."""
    raise fault(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "nothing to be done so here",
        where=request.path,
        got=request.method,
        expected=_allowed(request),
        cure="an encoder publishes here by WHIP, a visitor at /camera",
    )


async def _body(request: web.Request) -> str:
    """The offer, which may come in pieces."""
    body = bytearray()
    try:
        async with asyncio.timeout(READING):
            while piece := await request.content.readany():
                body += piece
                if len(body) > LARGEST:
                    raise fault(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                        "too large for an offer",
                        expected=f"at most {LARGEST} bytes",
                    )
    except TimeoutError as error:
        raise fault(HTTPStatus.REQUEST_TIMEOUT, "the offer did not arrive", expected=f"within {READING:g} s") from error
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise PublishError("it is not UTF-8", reason="malformed", where="SDP offer") from error


def _refusal(request: web.Request, status: int, error: StreamV2MError) -> web.Response:
    response = web.json_response({"error": described(error)}, status=status, dumps=written)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = _allowed(request)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    return response


def _allowed(request: web.Request) -> str:
    return _ENDPOINT if request.path == PATH else _SESSION
