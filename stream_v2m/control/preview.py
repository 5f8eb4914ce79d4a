"""The newest picture as a JPEG: made only while somebody looks, a few times a second, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from stream_v2m.control.feed import Feed
from stream_v2m.core.clock import Clock
from stream_v2m.core.errors import StreamV2MError
from stream_v2m.core.values import Frame
from stream_v2m.core.worker import Worker


class Preview:
    """Makes pictures for all who look at once.

    Args:
        jpeg: makes the bytes; called in ``worker``.
        rate_hz: pictures a second, at most.

    Attributes:
        picture: the newest JPEG; None before the first.
        number: how many were made; it tells whether ``picture`` is new.
    """

    def __init__(
        self, feed: Feed, jpeg: Callable[[Frame], bytes], *, worker: Worker, clock: Clock, rate_hz: float = 8.0
    ) -> None:
        self._feed, self._jpeg, self._worker, self._clock = feed, jpeg, worker, clock
        self._period = 1 / rate_hz
        self._wanted, self._made = asyncio.Event(), asyncio.Event()
        self._frame: Frame | None = None
        self.picture: bytes | None = None
        self.number = 0

    def want(self) -> None:
        """Let the next one be made, of the newest frame."""
        self._wanted.set()

    async def fresh(self) -> bytes | None:
        """A picture that is at most a period old; None before the first frame."""
        if self._feed.frame is None:
            return None
        if self._feed.frame is not self._frame:
            self._made.clear()
            self.want()
            await self._made.wait()
        return self.picture

    async def run(self) -> None:
        """Make what is wanted, until cancelled."""
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                frame = self._feed.frame
                if frame is not None and frame is not self._frame:
                    begun = self._clock.now()
                    with suppress(StreamV2MError):  # a picture that cannot be shown may still be music
                        self.picture = await self._worker.run(self._jpeg, frame)
                    self._frame, self.number = frame, self.number + 1
                    self._made.set()
                    await self._clock.sleep_until(begun + self._period)
        finally:
            self._worker.close()
