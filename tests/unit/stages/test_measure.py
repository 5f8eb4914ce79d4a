"""What is measured is what is there: a synthetic camera and a synthetic instrument of known delays."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_v2m.core.clock import VirtualClock, run_virtual
from stream_v2m.core.delays import Delays
from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame, MidiEvent
from stream_v2m.midi.outputs import Outputs
from stream_v2m.stages.measure import hear_clicks, watch_flashes
from tests.support.sources import picture

pytestmark = pytest.mark.unit

CLICK = bytes((0x99, 37, 127))


class Room:
    """A screen that takes ``drawing`` seconds, and a camera before it that takes ``delay`` and gives ``rate_hz``."""

    def __init__(self, clock: VirtualClock, delay: float, *, rate_hz: float = 30.0, drawing: float = 0.02) -> None:
        self._clock, self._delay, self._period, self._drawing = clock, delay, 1 / rate_hz, drawing
        self._changes, self._values, self._pictures = [0.0], [30], 0

    async def show(self, bright: bool) -> float:
        await self._clock.sleep_until(self._clock.now() + self._drawing)
        self._changes.append(self._clock.now())
        self._values.append(200 if bright else 30)
        return self._clock.now()

    async def picture(self) -> Frame | None:
        self._pictures += 1
        arrival = self._pictures * self._period
        await self._clock.sleep_until(arrival)
        return picture(arrival, self._values[bisect_right(self._changes, arrival - self._delay) - 1])


def watched(make: Callable[[VirtualClock], Room]) -> Delays:
    async def main() -> Delays:
        clock = VirtualClock()
        room = make(clock)
        return await watch_flashes(room.picture, room, flashes=10, clock=clock, random=Random(1))

    return run_virtual(main())


@pytest.mark.parametrize(("delay", "rate_hz"), [(0.0, 30), (0.064, 30), (0.12, 60), (0.2, 15)])
def test_a_cameras_delay_is_told_whatever_its_rate(delay, rate_hz):
    found = watched(lambda clock: Room(clock, delay, rate_hz=rate_hz))
    assert found.fault is None
    assert len(found.seconds) == found.made == 20
    assert found.usual == pytest.approx(delay, abs=0.4 / rate_hz)


def test_a_camera_that_ends_has_seen_too_little():
    class Short(Room):
        async def picture(self) -> Frame | None:
            return None if self._clock.now() > 2 else await super().picture()

    assert watched(lambda clock: Short(clock, 0.05)).fault is not None


def test_a_camera_that_is_lost_ends_the_measurement():
    class Lost(Room):
        async def picture(self) -> Frame | None:
            raise SourceError("was lost", where="camera")

    with pytest.raises(ExceptionGroup) as caught:
        watched(lambda clock: Lost(clock, 0.05))
    assert caught.group_contains(SourceError)


class Instrument(Outputs):
    """Sounds ``delay`` seconds after an event is due, in a room where an ear listens."""

    def __init__(self, clock: VirtualClock, delay: float) -> None:
        super().__init__()
        self.hears = asyncio.Event()
        self._clock, self._delay, self._begin = clock, delay, 0.0
        self._sounds: list[float] = []

    def send(self, events: Iterable[MidiEvent]) -> None:
        for event in events:
            assert event.message == CLICK and event.release is not None
            assert event.due >= self._clock.now(), "handed over too late"
            self._sounds.append(event.due + self._delay)

    async def listen(self) -> None:
        self._begin = self._clock.now()
        self.hears.set()
        await asyncio.Event().wait()

    def heard(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        times = np.arange(self._begin, self._clock.now(), 0.001)
        loudness = np.full(len(times), 0.001, np.float32)
        for at in self._sounds:
            loudness[np.searchsorted(times, at) :][:80] = 0.5
        return times, loudness


def heard(delay: float) -> Delays:
    async def main() -> Delays:
        clock = VirtualClock()
        here: Any = Instrument(clock, delay)
        return await hear_clicks(here, here, CLICK, clicks=8, clock=clock, random=Random(1))

    return run_virtual(main())


@pytest.mark.parametrize("delay", [0.004, 0.09])
def test_an_outputs_delay_is_told_to_a_millisecond(delay):
    found = heard(delay)
    assert found.fault is None
    assert len(found.seconds) == found.made == 8
    assert found.usual == pytest.approx(delay, abs=0.0015)
