"""Who may come in: Host, Origin and token, and how often a stranger may knock. Nothing here touches the network."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from stream_v2m.control.faults import fault
from stream_v2m.core.errors import ConfigError

PEERS = 1024  # addresses whose doings are remembered
KNOCKS, KNOCKING_S = 10, 60.0  # wrong tokens from one address, and how long it takes to forget them all
TOKEN_LENGTH = 8  # characters, at least
_BEARER = "bearer "
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Visitor:
    """What of a request matters here, as it came.

    Attributes:
        peer: its address.
        site: the header ``Sec-Fetch-Site``, by which a browser says whose page is asking.
        cookie: the value of our cookie.
    """

    peer: str
    host: str
    origin: str | None = None
    site: str | None = None
    authorization: str | None = None
    cookie: str | None = None


class Access:
    """The rules of one server.

    Args:
        token: what a visitor must know; None where whoever reaches us may come in.
        scheme: ``http`` or ``https``.
        loopback: we listen on loopback alone.
        names: of this machine.
        proxied: names that a reverse proxy or a DNS server has for it; there the proxy may add the TLS.
        now: seconds, for the limits.
    """

    def __init__(
        self,
        *,
        token: str | None,
        scheme: str,
        loopback: bool,
        names: Sequence[str] = (),
        proxied: Sequence[str] = (),
        now: Callable[[], float],
    ) -> None:
        self._token, self._scheme, self._loopback = token, scheme, loopback
        self._proxied = frozenset(name.lower() for name in proxied)
        self._names = {"localhost", *self._proxied} | (set() if loopback else {name.lower() for name in names})
        self._knocks = Buckets(KNOCKS / KNOCKING_S, KNOCKS, now)
        # says nothing of the token, and outlives a restart with the same one
        self.pass_value = token and hmac.new(token.encode(), b"stream_v2m", hashlib.sha256).hexdigest()

    def check(self, visitor: Visitor, *, public: bool = False) -> None:
        """Let the visitor in.

        A page of ours may be opened from anywhere; everything else is for our own pages and for those who
        show the token themselves, which no foreign page can make a browser do.

        Raises:
            Fault: 421 another Host, 403 another Origin, 401 no token or a wrong one, 429 too many wrong ones.
        """
        self.check_host(visitor)
        if public:
            return
        if visitor.authorization is not None and self._token is not None:
            self._check_bearer(visitor.peer, visitor.authorization)
            return
        self.check_origin(visitor)
        if self._token is not None and not _same(visitor.cookie, self.pass_value):
            raise fault(
                HTTPStatus.UNAUTHORIZED,
                "a token is needed",
                expected="the header `Authorization: Bearer TOKEN`, or the cookie of a login",
                cure="open the address that was printed when the server started, with its #token=…",
            )

    def login(self, peer: str, token: str) -> str | None:
        """Trade the token for the value of the cookie; None where no token is needed.

        Raises:
            Fault: 401 it is wrong, 429 after too many wrong ones.
        """
        if self._token is None:
            return None
        self._check_token(peer, token)
        return self.pass_value

    def check_host(self, visitor: Visitor) -> None:
        """Refuse names that are not ours: a page elsewhere may have pointed its own name at us (DNS rebinding).

        Raises:
            Fault: 421.
        """
        if not self._ours(_hostname(visitor.host)):
            raise fault(
                HTTPStatus.MISDIRECTED_REQUEST,
                "no such host here",
                where="Host",
                got=visitor.host or "nothing",
                cure="use the address that was printed, or name this one: --set 'serve.hosts=[\"NAME\"]'",
            )

    def check_origin(self, visitor: Visitor) -> None:
        """Refuse what a page of somebody else's asks in a visitor's name (CSRF, cross-site WebSocket).

        Raises:
            Fault: 403.
        """
        foreign = visitor.site is not None and visitor.site not in ("same-origin", "none")
        if foreign or (visitor.origin is not None and not self._own(visitor.origin, visitor.host)):
            raise fault(
                HTTPStatus.FORBIDDEN,
                "a page of another origin asks",
                where="Origin",
                got=visitor.origin or visitor.site,
                expected=f"{self._scheme}://{visitor.host}",
                cure="use the pages of this server, or send the token: `Authorization: Bearer TOKEN`",
            )

    def _ours(self, name: str) -> bool:
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._loopback  # nobody can point an address at us

    def _own(self, origin: str, host: str) -> bool:
        scheme, _, place = origin.lower().partition("://")
        schemes = set(_PORTS) if _hostname(host) in self._proxied else {self._scheme}
        return scheme in schemes and _with_port(place, scheme) == _with_port(host.lower(), scheme)

    def _check_bearer(self, peer: str, authorization: str) -> None:
        shown = authorization[len(_BEARER) :].strip() if authorization.lower().startswith(_BEARER) else ""
        self._check_token(peer, shown)

    def _check_token(self, peer: str, shown: str) -> None:
        if not self._knocks.left(peer):
            raise fault(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too many wrong tokens",
                cure="wait a minute",
                retry_after=math.ceil(KNOCKING_S / KNOCKS),
            )
        if not _same(shown, self._token):
            self._knocks.take(peer)
            raise fault(
                HTTPStatus.UNAUTHORIZED, "wrong token", cure="take the one that was printed when the server started"
            )


class Buckets:
    """How much each of many may still do: so much at once, and so much a second.

    The longest silent are forgotten, which is to their advantage.
    """

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, name: str = "") -> bool:
        """Whether one more is allowed."""
        return self._level(name) >= 1

    def take(self, name: str = "") -> bool:
        """Count one; False if it was not allowed."""
        level = self._level(name)
        allowed = level >= 1
        self._levels[name] = (level - allowed, self._now())
        self._levels.move_to_end(name)
        if len(self._levels) > PEERS:
            self._levels.popitem(last=False)
        return allowed

    def _level(self, name: str) -> float:
        level, since = self._levels.get(name, (self._burst, self._now()))
        return min(self._burst, level + (self._now() - since) * self._rate)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_token(token: str) -> str:
    """A token as somebody chose it.

    Raises:
        ConfigError: too short, or not to be written in a header.
    """
    if len(token) < TOKEN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            "not a token", where="serve.token", expected=f"{TOKEN_LENGTH} or more of ASCII's characters, no space"
        )
    return token


def _same(shown: str | None, known: str | None) -> bool:
    shown_bytes = (shown or "").encode("utf-8", "surrogateescape")
    return hmac.compare_digest(shown_bytes, (known or "").encode()) and bool(known)


def _hostname(place: str) -> str:
    """Of ``HOST:PORT``, in lower case and without an IPv6 address's brackets; empty if it is none."""
    try:
        return "" if "@" in place else urlsplit(f"//{place}").hostname or ""
    except ValueError:
        return ""


def _with_port(place: str, scheme: str) -> str:
    try:
        parts = urlsplit(f"//{place}")
        alone = parts.netloc == place and "@" not in place
        return f"{parts.hostname}:{parts.port or _PORTS[scheme]}" if alone else "nowhere"
    except ValueError:
        return "nowhere"
