"""What stands before every route: access, refusals as JSON, and the headers that keep a browser careful."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Middleware

from stream_v2m.control.access import Access, Visitor
from stream_v2m.control.faults import Fault, described
from stream_v2m.control.route import Handler
from stream_v2m.control.words import written
from stream_v2m.core.errors import AuthError, ConfigError, StreamV2MError

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
GO_ON = "100-continue"
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


def mindful(handler: Answering) -> Answering:
    """Refuse what a client expects beside leave to go on (RFC 9110, 10.1.1).

    aiohttp does so before any middleware, and fails at an expectation that is not UTF-8.
    """

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", GO_ON).lower() == GO_ON:
            return await handler(request)
        error = ConfigError("cannot be expected here", where="Expect", expected=GO_ON)
        response = _refusal(HTTPStatus.EXPECTATION_FAILED, error)
        response.headers.update(HEADERS)
        return response

    return answer


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
