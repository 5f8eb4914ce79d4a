"""One address of the server and who answers there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from aiohttp import web


Handler: TypeAlias = "Callable[[web.Request], Awaitable[web.StreamResponse]]"


@dataclass(frozen=True, slots=True)
class Route:
    """An address.

    Attributes:
        method: of HTTP's, or ``*`` for all.
        path: as aiohttp writes them: ``/whip/{id}``.
        handler: it may raise ``Fault`` or a ``StreamV2MError`` (400), which the visitor gets as JSON.
        public: open to whoever reaches the server, whatever their token and Origin: it must hold no secret
            and change nothing.
    """

    method: str
    path: str
    handler: Handler
    public: bool = False
