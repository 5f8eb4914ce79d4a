"""The pages and the files that they are made of."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from stream_v2m.control.faults import fault
from stream_v2m.control.route import Handler, Route

FOLDER = Path(__file__).parent / "web"
PAGES = {"/": "index.html", "/camera": "camera.html", "/overlay": "overlay.html"}
# Said here, since the system's own table may say otherwise, and a browser believes what it is told.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


def page_routes() -> list[Route]:
    """The pages, and every file of the folder under ``/web/``; all of them public."""
    return [
        *(Route("GET", address, _page(name), public=True) for address, name in PAGES.items()),
        Route("GET", "/web/{name}", _file, public=True),
    ]


def _page(name: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return _answer(FOLDER / name)

    return answer


async def _file(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    known = {path.name: path for path in FOLDER.iterdir() if path.suffix in TYPES}
    if name not in known:
        raise fault(HTTPStatus.NOT_FOUND, "no such file", where=request.path)
    return _answer(known[name])


def _answer(path: Path) -> web.FileResponse:
    return web.FileResponse(path, headers={"Content-Type": TYPES[path.suffix], "Cache-Control": "no-cache"})
