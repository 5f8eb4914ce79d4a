"""Measuring a camera: a page flashes, and what the camera shows of it is waited for."""

from __future__ import annotations

import asyncio
import webbrowser
from random import Random

from rich.console import Console

from stream_v2m.cli.flash_page import FlashPage
from stream_v2m.config import Config
from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.delays import Delays
from stream_v2m.core.errors import ConfigError, SourceError
from stream_v2m.core.worker import ThreadWorker
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.source import Source, lasting_name
from stream_v2m.sources.word import redacted
from stream_v2m.stages.measure import watch_flashes
from stream_v2m.stages.tap import Tap


def measure(spec: str, config: Config, *, flashes: int, console: Console) -> tuple[str, Delays]:
    """Open the source and the page, and measure.

    Returns:
        the name by which the source is known when it is opened again, and what was measured.

    Raises:
        SourceError: it cannot be opened, is not live, or was lost.
        PortError: the page was closed.
    """
    source = _live(spec, config)

    async def run() -> Delays:
        clock = MonotonicClock()
        tap = Tap(spec, source, ThreadWorker("source"), stall=config.source.stall_s, clock=clock, notice=console.print)
        try:
            await tap.open()
            async with FlashPage(clock) as page:
                console.print(f"open [bold]{page.url}[/bold], let the camera see it, and press Enter there")
                webbrowser.open(page.url)
                await page.begun()
                return await watch_flashes(tap.next, page, flashes=flashes, clock=clock, random=Random())
        finally:
            tap.close()

    delays = asyncio.run(run())
    return lasting_name(source.name), delays


def believed(delays: Delays, *, where: str) -> float:
    """The usual delay in seconds.

    Raises:
        SourceError: too few flashes were seen, or they contradict each other.
    """
    if delays.fault is not None:
        raise SourceError(
            "the flashes were not seen well enough",
            where=where,
            got=delays.fault,
            cure="let the screen fill the picture, darken the room, turn the screen's brightness up",
        )
    return max(0.0, delays.usual)


def _live(spec: str, config: Config) -> Source:
    source = open_source(spec, config.source)
    if not source.live:
        raise ConfigError("is not live: it has nothing to be late for", where=redacted(spec), expected="a camera")
    return source
