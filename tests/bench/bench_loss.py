"""A browser's camera over a bad network: ``python -m tests.bench.bench_loss [SECONDS]`` prints JSON, a case a line.

Chromium publishes its fake camera to an inlet; what comes and goes takes 20 ms each way and is thrown away as the case
says, pictures, retransmissions and requests alike. ``behind_ms`` is how much longer a picture took than the quickest
one; ``standstill_s`` are the waits for the next picture that were longer than a quarter of a second.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
from aiortc.rtcdtlstransport import RTCDtlsTransport
from av import VideoFrame

from stream_v2m.control.whip import Whip
from stream_v2m.sources.inlet import Inlet
from stream_v2m.sources.newest import Newest
from tests.support.browser import async_chromium
from tests.support.publisher import running_inlet, until
from tests.support.serving import serving

DELAY = 0.02  # seconds each way
RTP_CLOCK = 90_000  # Hz
STANDSTILL = 0.25  # seconds
SETTLED = 4.0  # seconds after the first picture: by then the browser's rate has settled
Lost = Callable[[float], bool]


def at_random(share: float) -> Lost:
    """Loses so many, each by itself."""
    random = Random(1)
    return lambda now: random.random() < share


def silent(length: float, every: float) -> Lost:
    """Loses everything for ``length`` of every ``every`` seconds."""
    return lambda now: now % every < length


def in_spells(share: float, bad: float, good: float) -> Lost:
    """Loses ``share`` in spells of ``bad`` seconds on average, with ``good`` ones between (Gilbert and Elliott)."""
    random, state = Random(2), {"until": 0.0, "bad": True}

    def lost(now: float) -> bool:
        while now >= state["until"]:
            state["bad"] = not state["bad"]
            state["until"] = max(now - 1, state["until"]) + random.expovariate(1 / (bad if state["bad"] else good))
        return bool(state["bad"]) and random.random() < share

    return lost


CASES: dict[str, Lost] = {
    "nothing lost": lambda now: False,
    "2 % lost": at_random(0.02),
    "10 % lost": at_random(0.1),
    "silent for 0.15 s every 3 s": silent(0.15, 3.0),
    "silent for 1 s every 8 s": silent(1.0, 8.0),
    "spells of 0.2 s with 60 % lost, about one a second": in_spells(0.6, 0.2, 1.0),
}


class Arrivals(Newest[VideoFrame]):
    """Takes note of when each picture came, and of its time at the sender."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[tuple[float, float]] = []

    def put(self, item: VideoFrame) -> None:
        self.moments.append((time.perf_counter(), (item.pts or 0) / RTP_CLOCK))


@asynccontextmanager
async def bad_network(lost: Lost) -> AsyncIterator[None]:
    """Delays and loses what every transport gets and sends."""
    comes, goes = RTCDtlsTransport._handle_rtp_data, RTCDtlsTransport._send_rtp
    tasks: set[asyncio.Task[None]] = set()

    async def later(way: Callable[..., Awaitable[None]], *args: Any, **kwargs: Any) -> None:
        await asyncio.sleep(DELAY)
        await way(*args, **kwargs)

    def worse(way: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def through(*args: Any, **kwargs: Any) -> None:
            if not lost(time.perf_counter()):
                task = asyncio.create_task(later(way, *args, **kwargs))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        return through

    with patch.multiple(RTCDtlsTransport, _handle_rtp_data=worse(comes), _send_rtp=worse(goes)):
        yield


async def measure(seconds: float, lost: Lost) -> dict[str, Any]:
    """Publish for so long over such a network."""
    arrivals = Arrivals()
    async with async_chromium() as browser, running_inlet(notice=lambda text: None) as inlet, published(inlet) as url:
        inlet.attach(arrivals)
        async with bad_network(lost):
            page = await browser.new_page()
            await page.goto(f"{url}/camera")
            await page.click("#send")
            await until(lambda: bool(arrivals.moments), "a picture")
            await asyncio.sleep(SETTLED)
            first = len(arrivals.moments)
            await asyncio.sleep(seconds)
            came, sent = np.array(arrivals.moments[first - 1 :]).T
    waits = np.diff(came)
    behind = (came - sent - (came - sent).min()) * 1000
    return {
        "pictures_a_second": round(len(waits) / (came[-1] - came[0]), 1),
        "behind_ms": {name: round(float(np.quantile(behind, q)), 1) for name, q in QUANTILES},
        "standstill_s": [round(float(wait), 2) for wait in sorted(waits[waits > STANDSTILL], reverse=True)[:10]],
        "standstill_share": round(float(waits[waits > STANDSTILL].sum() / (came[-1] - came[0])), 3),
    }


QUANTILES = (("p50", 0.5), ("p99", 0.99), ("max", 1.0))


@asynccontextmanager
async def published(inlet: Inlet) -> AsyncIterator[str]:
    """The address of a server whose camera page publishes to the inlet."""
    async with serving(routes=Whip(inlet.publish, inlet.unpublish).routes()) as served:
        yield served.url


async def main(seconds: float) -> None:
    for name, lost in CASES.items():
        print(json.dumps({"case": name, **await measure(seconds, lost)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
