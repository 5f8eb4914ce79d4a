"""WHIP, by which OBS, pages and encoders publish a picture over HTTP (RFC 9725): one address, one way in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from stream_v2m.control.faults import described
from stream_v2m.control.route import Route
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
            Route("POST", PATH, self._post),
            Route("OPTIONS", PATH, self._options, public=True),  # a browser asks it without the token
            Route("*", PATH, self._other),
            Route("DELETE", session, self._delete),
            Route("OPTIONS", session, self._options, public=True),
            Route("*", session, self._other),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        if request.content_type != SDP:
            error = StreamV2MError("not an SDP offer", where="Content-Type", got=request.content_type, expected=SDP)
            return self._refused(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error)
        try:
            offer = await _body(request)
            publication = await self._publish(offer, takeover=request.query.get("takeover") in ("1", "true"))
        except PublishError as error:
            return self._refused(request, STATUS[error.reason], error)
        except _TooLarge:
            error = StreamV2MError("too large for an SDP offer", expected=f"at most {LARGEST} bytes")
            return self._refused(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error)
        except TimeoutError:
            error = StreamV2MError("the offer did not arrive", expected=f"all of it within {READING:g} s")
            return self._refused(request, HTTPStatus.REQUEST_TIMEOUT, error)
        headers = {"Location": f"{PATH}/{publication.id}"}
        return self._shared(
            request,
            web.Response(status=HTTPStatus.CREATED, text=publication.answer, content_type=SDP, headers=headers),
        )

    async def _delete(self, request: web.Request) -> web.Response:
        try:
            await self._unpublish(request.match_info["id"])
        except PublishError as error:
            return self._refused(request, STATUS[error.reason], error)
        return self._shared(request, web.Response())

    async def _options(self, request: web.Request) -> web.Response:
        """Say what is taken here; and to a page of an allowed origin, that it may send it."""
        response = web.Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": _allowed(request)})
        if self._is_shared(request):
            response.headers["Access-Control-Allow-Methods"] = _allowed(request)
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.headers["Access-Control-Max-Age"] = "600"
        return self._shared(request, response)

    async def _other(self, request: web.Request) -> web.Response:
        """Every other method; PATCH too, since candidates do not trickle here (RFC 9725, 4.3)."""
        error = StreamV2MError(
            "nothing to be done so here", got=request.method, expected=_allowed(request), cure="see docs/webrtc.md"
        )
        return self._refused(request, HTTPStatus.METHOD_NOT_ALLOWED, error)

    def _refused(self, request: web.Request, status: HTTPStatus, error: StreamV2MError) -> web.Response:
        response = web.json_response({"error": described(error)}, status=status)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = _allowed(request)
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = "2"
        return self._shared(request, response)

    def _shared(self, request: web.Request, response: web.Response) -> web.Response:
        """What every answer says."""
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Origin"
        if request.path == PATH:
            response.headers["Accept-Post"] = SDP
        if self._is_shared(request):
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = "Location"
        return response

    def _is_shared(self, request: web.Request) -> bool:
        return request.headers.get("Origin", "").lower() in self._origins


class _TooLarge(Exception):
    """The body is longer than any offer."""


async def _body(request: web.Request) -> str:
    """The offer, which may come in pieces.

    Raises:
        PublishError: it is no text.
    """
    body = bytearray()
    async with asyncio.timeout(READING):
        while piece := await request.content.readany():
            body += piece
            if len(body) > LARGEST:
                raise _TooLarge
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise PublishError("it is not UTF-8", reason="malformed", where="SDP offer") from error


def _allowed(request: web.Request) -> str:
    return _ENDPOINT if request.path == PATH else _SESSION
