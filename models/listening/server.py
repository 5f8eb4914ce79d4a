"""The page that listeners see, served from this machine; nothing but blinded stimuli and pages goes out."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase, BytesIO
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from models.listening.answers import Answers, Refused
from models.listening.pages import fault_page, listen_page, start_page, thanks_page
from models.listening.questions import BACKGROUND, QUESTIONS
from models.listening.study import CONSENT, STIMULI, SUFFIX, Study
from stream_v2m.core.errors import ConfigError

MOST_BYTES = 4_096  # of a request's body
TIMEOUT_S = 30.0  # for a browser that stops talking
_BLOCK = 65_536  # bytes sent at a time
_STATIC = Path(__file__).parent / "static"
_STATIC_FILES = {"/page.css": "text/css; charset=utf-8", "/page.js": "text/javascript; charset=utf-8"}
_INVITATION, _COOKIE = "/invited/", "listening"
_FORM = "application/x-www-form-urlencoded"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with none browsers send forms from the origin "null"
    "X-Content-Type-Options": "nosniff",
}


class ListeningServer(ThreadingHTTPServer):
    """Serves the study in ``folder``; ``serve_forever`` runs it, port 0 takes any that is free.

    On another address than this machine's own it lets in only who was given the ``invitation``, a path that
    leaves a cookie in the browser.

    Raises:
        ConfigError: there is no study, its answers are damaged, or the address cannot be had.
    """

    def __init__(self, folder: Path, *, host: str, port: int) -> None:
        study = Study.load(folder)
        self.answers = Answers(folder, study)
        self.stimuli = {stimulus.id: folder / STIMULI / f"{stimulus.id}{SUFFIX}" for stimulus in study.stimuli}
        lost = [path for path in self.stimuli.values() if not path.is_file()]
        if lost:
            raise ConfigError("a stimulus is missing", where=lost[0])
        try:
            self.consent = (folder / CONSENT).read_text(encoding="utf-8")
            super().__init__((host, port), _Handler)
        except (OSError, UnicodeDecodeError, OverflowError) as error:
            raise ConfigError("cannot be served", where=f"{folder} at {host}:{port}", got=str(error)) from error
        self.secret = None if _is_loopback(host) else secrets.token_urlsafe(16)

    @property
    def invitation(self) -> str:
        """The path by which listeners come in."""
        return "/" if self.secret is None else f"{_INVITATION}{self.secret}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _Handler(BaseHTTPRequestHandler):
    server: ListeningServer
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S

    def do_GET(self) -> None:
        self._obey(self._get)

    def do_POST(self) -> None:
        self._obey(self._post)

    def _obey(self, action: Callable[[str], None]) -> None:
        """Do it, or say in a page what was wrong with the request."""
        path = urlsplit(self.path).path
        try:
            self._check_host()
            if self._invited(path):
                action(path)
        except Refused as refused:
            self.close_connection = True  # its body may not have been read
            back = path if path.startswith("/t/") and refused.status != HTTPStatus.NOT_FOUND else "/"
            self._page(fault_page(str(refused), back), refused.status)

    def _check_host(self) -> None:
        """Another site must neither reach us by a name of its own nor send forms in a listener's name."""
        host = self.headers.get("Host", "")
        if self.server.secret is None and not _is_loopback(urlsplit(f"//{host}").hostname or ""):
            raise Refused("not served under this name", status=HTTPStatus.FORBIDDEN, got=host[:80])
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Refused("sent from another site", status=HTTPStatus.FORBIDDEN, got=origin[:80])

    def _invited(self, path: str) -> bool:
        """Whether the browser was let in; an invitation that is right is answered with the cookie that says so."""
        secret = self.server.secret
        if secret is None or _same(_cookie(self.headers.get("Cookie", "")), secret):
            return True
        if not _same(path.removeprefix(_INVITATION), secret):
            raise Refused("open the whole address that you were given", status=HTTPStatus.FORBIDDEN)
        cookie = f"{_COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/"
        self._send(BytesIO(), 0, {"Location": "/", "Set-Cookie": cookie}, HTTPStatus.SEE_OTHER)
        return False

    def _get(self, path: str) -> None:
        if path == "/" or path.startswith(_INVITATION):
            self._page(start_page(self.server.consent))
        elif path in _STATIC_FILES:
            content = (_STATIC / path[1:]).read_bytes()
            self._send(BytesIO(content), len(content), {"Content-Type": _STATIC_FILES[path]})
        elif path.startswith("/t/"):
            code = path.removeprefix("/t/")
            rated, total, following = self.server.answers.progress(code)
            self._page(thanks_page(code) if following is None else listen_page(code, following, rated, total))
        elif found := re.fullmatch(rf"/{STIMULI}/([0-9a-f]+){re.escape(SUFFIX)}", path):
            self._stimulus(found[1])
        else:
            raise Refused("no such page", status=HTTPStatus.NOT_FOUND)

    def _post(self, path: str) -> None:
        form = self._form()
        if path == "/join":
            _allow(form, {"code", "consent", *(each.name for each in BACKGROUND)})
            if form.get("consent") != "yes":
                raise Refused("nobody takes part without having agreed")
            told = {each.name: form[each.name] for each in BACKGROUND if form.get(each.name)}
            code = self.server.answers.join(form.get("code", ""), told).code
        elif path.startswith("/t/"):
            code = path.removeprefix("/t/")
            names = {question.name for question in QUESTIONS}
            _allow(form, {"stimulus", "plays", *names})
            ratings = {name: _whole(name, form[name]) for name in names & form.keys()}
            plays = _whole("plays", form.get("plays", "0"))
            self.server.answers.answer(code, form.get("stimulus", ""), ratings, plays=plays)
        else:
            raise Refused("no such page", status=HTTPStatus.NOT_FOUND)
        self._send(BytesIO(), 0, {"Location": f"/t/{quote(code)}"}, HTTPStatus.SEE_OTHER)

    def _form(self) -> dict[str, str]:
        """The fields of the request's body, each once.

        Raises:
            Refused: no length, too long, another type, or no form.
        """
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,18}", length):
            raise Refused("a form needs a length", status=HTTPStatus.LENGTH_REQUIRED)
        if int(length) > MOST_BYTES:
            expected = f"at most {MOST_BYTES} bytes"
            raise Refused("too long", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, got=length, expected=expected)
        if self.headers.get_content_type() != _FORM:
            got = self.headers.get_content_type()
            raise Refused("no form", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, got=got[:80], expected=_FORM)
        body = self.rfile.read(int(length))
        try:
            fields = parse_qsl(
                body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20
            )
        except ValueError as error:
            raise Refused("cannot be read as a form") from error
        if len(dict(fields)) != len(fields):
            raise Refused("a field was sent twice")
        return dict(fields)

    def _stimulus(self, id: str) -> None:
        """A film, or the part of it that the browser asks for: some play nothing without parts."""
        path = self.server.stimuli.get(id)
        if path is None:
            raise Refused("no such stimulus", status=HTTPStatus.NOT_FOUND)
        with path.open("rb") as film:
            size = path.stat().st_size
            headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes"}
            asked = re.fullmatch(r"bytes=([0-9]{0,15})-([0-9]{0,15})", self.headers.get("Range", "").strip())
            if asked is None or asked[0] == "bytes=-":
                self._send(film, size, headers)
                return
            begin, last = _span(asked[1], asked[2], size)
            if begin > last:
                headers["Content-Range"] = f"bytes */{size}"
                self._send(BytesIO(), 0, headers, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
            film.seek(begin)
            headers["Content-Range"] = f"bytes {begin}-{last}/{size}"
            self._send(film, last - begin + 1, headers, HTTPStatus.PARTIAL_CONTENT)

    def _page(self, html: str, status: int = HTTPStatus.OK) -> None:
        content = html.encode()
        self._send(BytesIO(content), len(content), {"Content-Type": "text/html; charset=utf-8"}, status)

    def _send(self, content: BufferedIOBase, length: int, headers: dict[str, str], status: int = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, **headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        try:
            _copy(content, self.wfile, length)
        except (ConnectionError, TimeoutError):  # browsers drop a film that they need no more
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nobody's address is written down."""


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(_COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())


def _allow(form: dict[str, str], names: set[str]) -> None:
    unknown = form.keys() - names
    if unknown:
        raise Refused("no such field", got=min(unknown)[:40])


def _whole(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise Refused("not a whole number", where=name, got=text[:40])
    return int(text)


def _span(begin: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte of a range (RFC 9110, 14.1.2): from–to, from–, or –so many of the end."""
    if not begin:
        return max(0, size - int(last)), size - 1
    return int(begin), min(int(last), size - 1) if last else size - 1


def _copy(source: BufferedIOBase, target: BufferedIOBase, length: int) -> None:
    """Exactly ``length`` bytes."""
    while length > 0 and (block := source.read(min(length, _BLOCK))):
        target.write(block)
        length -= len(block)
