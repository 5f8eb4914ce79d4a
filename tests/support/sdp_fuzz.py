"""Throws spoiled offers at an inlet: each is answered or refused, and nothing else goes wrong behind it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings

from stream_v2m.core.errors import PublishError
from stream_v2m.sources.inlet import Inlet
from stream_v2m.sources.webrtc_config import WebRTCConfig
from tests.support.publisher import running_inlet
from tests.support.sdp import texts


def fuzz(count: int) -> Counter[str]:
    """Try ``count`` offers, and how often each outcome came: ``answered``, or the reason of the refusal.

    Raises:
        AssertionError: something was raised that is no refusal, in the open or in a task behind it.
    """
    outcomes: Counter[str] = Counter()
    logging.getLogger("aioice").setLevel(logging.ERROR)
    with asyncio.Runner() as runner:
        hidden: list[dict[str, Any]] = []
        runner.get_loop().set_exception_handler(lambda loop, context: hidden.append(context))

        @given(texts)
        @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def one(text: str) -> None:
            outcomes[runner.run(_offer(text))] += 1
            assert not hidden, hidden

        one()
    return outcomes


async def _offer(text: str) -> str:
    async with running_inlet(WebRTCConfig(connect_timeout_s=30), notice=lambda text: None) as inlet:
        return await _outcome(inlet, text)


async def _outcome(inlet: Inlet, text: str) -> str:
    try:
        publication = await inlet.publish(text)
    except PublishError as error:
        return error.reason
    await asyncio.sleep(0)
    assert publication.answer.startswith("v=0")
    assert "a=candidate:" in publication.answer
    await inlet.unpublish(publication.id)
    return "answered"
