"""What stands before every route: access, refusals as JSON, and the headers that keep a browser careful."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Middleware

from stream_v2m.control.access import Access, Visitor
from stream_v2m.control.faults import Fault, described
from stream_v2m.control.route import Handler
from stream_v2m.control.words import written
from stream_v2m.core.errors import AuthError, ConfigError, StreamV2MError

OVERLAY = "/overlay"  # alone may stand in a frame of others
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
HEADERS = {
    "Server": "stream_v2m",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), midi=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guard(access: Access, cookie: str, public: Callable[[web.Request], bool]) -> Middleware:
    """A middleware that lets in whom ``access`` lets in, and tells the others why not.

    Args:
        cookie: the name of ours.
        public: whether a request's address is open to all.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            access.check(visitor_of(request, cookie), public=public(request))
            return await handler(request)
        except Fault as refused:
            return _refusal(refused.status, refused.error, refused.retry_after)
        except AuthError as error:
            return _refusal(HTTPStatus.FORBIDDEN, error)
        except StreamV2MError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, error)
        except web.HTTPException as refused:
            return _of_http(refused, request)

    return middleware


def visitor_of(request: web.Request, cookie: str) -> Visitor:
    """What of a request matters to access."""
    headers = request.headers
    return Visitor(
        peer=request.remote or "",
        host=headers.get("Host", ""),
        origin=headers.get("Origin"),
        site=headers.get("Sec-Fetch-Site"),
        authorization=headers.get("Authorization"),
        cookie=request.cookies.get(cookie),
    )


async def careful(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers; to be called when a response is prepared."""
    response.headers.update(HEADERS)
    framed = "" if request.path == OVERLAY else "; frame-ancestors 'none'"
    response.headers.setdefault("Content-Security-Policy", _POLICY + framed)
    response.headers.setdefault("Cache-Control", "no-store")


async def expect(request: web.Request) -> None:
    """Let a client that waits for it send its body; other expectations are not minded (RFC 9110, 10.1.1).

    aiohttp's own fails at an expectation that is not UTF-8, and does so before any middleware.
    """
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # else the answer would not be taken for the first


async def nowhere(request: web.Request) -> web.StreamResponse:
    """What answers where nothing else does: it is the last resource, and says which methods the others would take."""
    allowed: set[str] = set()
    for resource in list(request.app.router.resources())[:-1]:
        allowed |= (await resource.resolve(request))[1]
    if allowed:
        raise web.HTTPMethodNotAllowed(request.method, allowed)
    raise web.HTTPNotFound


def _refusal(status: int, error: StreamV2MError, retry_after: int | None = None) -> web.Response:
    response = web.json_response({"error": described(error)}, status=status, dumps=written)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _of_http(refused: web.HTTPException, request: web.Request) -> web.StreamResponse:
    """What aiohttp refuses by itself, in our words; a redirection stays one."""
    if refused.status < HTTPStatus.BAD_REQUEST:
        raise refused
    expected = None
    if isinstance(refused, web.HTTPMethodNotAllowed):
        expected = ", ".join(sorted(refused.allowed_methods))
    response = _refusal(refused.status, ConfigError(refused.reason.lower(), where=request.path, expected=expected))
    if isinstance(refused, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = refused.headers["Allow"]
    return response
