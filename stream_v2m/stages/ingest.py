"""Ingest: pictures from a source into a slot that holds the newest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stream_v2m.core.channel import Latest
from stream_v2m.core.clock import Clock
from stream_v2m.core.state import Board
from stream_v2m.core.values import Frame
from stream_v2m.core.worker import Worker
from stream_v2m.sources.source import Source

BEHIND = 0.5  # seconds that a film may lag before it goes on from where it is


async def ingest(source: Source, frames: Latest[Frame], *, worker: Worker, clock: Clock, board: Board) -> None:
    """Put each frame, stamped with session time; a film is paced by its own times.

    Ends, closing ``frames``, when the source ends or is closed. A film that cannot be decoded in
    time goes on later rather than skipping.

    Raises:
        SourceError: the source was lost.
    """
    pictures = source.frames()
    start = clock.now()
    try:
        while (frame := await worker.run(_next, pictures, source.live, clock)) is not None:
            if not source.live:
                lag = clock.now() - (start + frame.time)
                if lag > BEHIND:
                    start += lag
                    board.notice(f"the film is {lag:.1f} s late: it cannot be decoded in time")
                frame = replace(frame, time=start + frame.time)
                await clock.sleep_until(frame.time)
            frames.put(frame)
    finally:
        source.close()
        frames.close()


def _next(pictures: Iterator[Frame], live: bool, clock: Clock) -> Frame | None:
    """The next frame; a live one is stamped here, on arrival, before the event loop adds its delay."""
    frame = next(pictures, None)
    return replace(frame, time=clock.now()) if live and frame is not None else frame
