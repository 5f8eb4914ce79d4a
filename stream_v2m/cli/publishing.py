"""Letting visitors send their picture to a performance: the inlet, made when a source wants it, and its routes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from stream_v2m.config import Config
from stream_v2m.core.clock import Clock
from stream_v2m.sources.source import Source

if TYPE_CHECKING:
    from stream_v2m.control.route import Route
    from stream_v2m.sources.inlet import Inlet


class Publishing:
    """At most one inlet, however many sources read from it."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._inlet: Inlet | None = None

    def open(self) -> Callable[[], Source]:
        """Let visitors publish; what is given makes the source of it."""
        if self._inlet is None:
            from stream_v2m.sources.inlet import Inlet  # half a second, which a film need not wait for

            self._inlet = Inlet(self._config.webrtc, host=self._config.serve.host, clock=self._clock)
        return self._inlet.source

    def routes(self) -> list[Route]:
        """WHIP's, if a source wants what comes by it."""
        if self._inlet is None:
            return []
        from stream_v2m.control.whip import Whip

        whip = Whip(self._inlet.publish, self._inlet.unpublish, origins=self._config.webrtc.origins)
        return whip.routes()

    async def run(self, notice: Callable[[str], None]) -> None:
        """Take what is published, until cancelled; ``notice`` is told in a sentence who comes and goes."""
        await (self._inlet.run(notice) if self._inlet is not None else asyncio.Event().wait())
