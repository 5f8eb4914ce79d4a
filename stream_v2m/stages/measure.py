"""Measure: make flashes or clicks, watch or listen, and tell how long they took."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream_v2m.core.clock import Clock
from stream_v2m.core.delays import Delays
from stream_v2m.core.values import ALL_PORTS, Frame, MidiEvent
from stream_v2m.midi import clicks as heard
from stream_v2m.midi.outputs import Outputs
from stream_v2m.sources import flashes as seen
from stream_v2m.vision.blocks import block_means

# Between two changes; at most 1.3 flashes a second, below the three that can harm (WCAG 2.3.1).
CHANGE_AFTER = (0.4, 0.8)  # seconds
CLICK_AFTER = (0.6, 0.9)  # seconds
CLICK_LENGTH = 0.05  # seconds
SETTLED = 0.5  # seconds: what was there before has gone by
TEND_EVERY = 0.1  # seconds


class Screen(Protocol):
    """Something that a camera can look at."""

    async def show(self, bright: bool) -> float:
        """Go bright, or dark; the session second at which it was drawn."""
        ...


class Ear(Protocol):
    """Something that hears.

    Attributes:
        hears: set with the first sound, were it silence.
    """

    hears: asyncio.Event

    async def listen(self) -> None:
        """Record until cancelled."""
        ...

    def heard(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Session seconds of short pieces of sound [N], and the loudest sample of each, full scale 1."""
        ...


async def watch_flashes(
    picture: Callable[[], Awaitable[Frame | None]], screen: Screen, *, flashes: int, clock: Clock, random: Random
) -> Delays:
    """Let a screen flash and watch it; each flash is two changes, to bright and to dark.

    Args:
        picture: the next picture, its time that of its arrival; None after the last.

    Raises:
        SourceError: of the source.
    """
    times: list[float] = []
    blocks: list[NDArray[np.float32]] = []
    changes: list[tuple[float, bool]] = []

    async def look() -> None:
        while (frame := await picture()) is not None:
            times.append(frame.time)
            blocks.append(block_means(frame.small[0]).ravel())

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        await screen.show(False)
        await clock.sleep_until(clock.now() + SETTLED)
        for change in range(2 * flashes):
            bright = change % 2 == 0
            changes.append((await screen.show(bright), bright))
            await clock.sleep_until(clock.now() + random.uniform(*CHANGE_AFTER))
        await clock.sleep_until(changes[-1][0] + seen.LONGEST)
        looking.cancel()
    return seen.match_flashes(times, blocks, changes)


async def hear_clicks(outputs: Outputs, ear: Ear, note: bytes, *, clicks: int, clock: Clock, random: Random) -> Delays:
    """Let outputs click and listen.

    Args:
        note: the note-on of a click.

    Raises:
        PortError: of the ear.
    """
    dues: list[float] = []

    async def tend() -> None:
        while True:
            outputs.tend()
            await clock.sleep_until(clock.now() + TEND_EVERY)

    async with asyncio.TaskGroup() as group:
        others = [group.create_task(ear.listen()), group.create_task(tend())]
        await ear.hears.wait()
        due = clock.now() + SETTLED
        for _ in range(clicks):
            await clock.sleep_until(due - outputs.lookahead)
            outputs.send([MidiEvent(due, ALL_PORTS, note, due + CLICK_LENGTH)])
            dues.append(due)
            due += random.uniform(*CLICK_AFTER)
        await clock.sleep_until(dues[-1] + heard.LONGEST + SETTLED)
        for task in others:
            task.cancel()
    return heard.match_clicks(*ear.heard(), dues)
