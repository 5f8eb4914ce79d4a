"""What the event loop is handed, and what is dropped when it is too much."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from stream_v2m.core.inputs import Received
from stream_v2m.midi.mailbox import BATCH, PENDING, Counts, Mailbox

pytestmark = pytest.mark.unit

CLOCK = b"\xf8"


def knob(value: int) -> Received:
    return Received(value * 0.001, 0, bytes((0xB0, 7, value % 128)))


class Box:
    def __init__(self, receive: Callable[[Received], None] | None = None) -> None:
        self.received: list[Received] = []
        self.counts = Counts()
        self.mailbox = Mailbox(receive or self.received.append, asyncio.get_running_loop(), [self.counts])


async def turns() -> None:
    for _ in range(2 * PENDING // BATCH):
        await asyncio.sleep(0)


async def test_messages_come_in_order_and_all_of_them():
    box = Box()
    sent = [knob(number) for number in range(3 * BATCH)]
    for message in sent:
        box.mailbox.put([message])
    await turns()
    assert box.received == sent
    assert box.counts == Counts(received=len(sent))


async def test_of_a_flood_others_on_the_loop_have_their_turn_between_batches():
    box = Box()
    seen: list[int] = []

    def watch() -> None:
        seen.append(len(box.received))
        if len(box.received) < PENDING:
            asyncio.get_running_loop().call_soon(watch)

    box.mailbox.put([knob(number) for number in range(PENDING)])
    watch()
    await turns()
    steps = [later - earlier for earlier, later in pairwise(seen)]
    assert seen[-1] == PENDING
    assert max(steps) <= BATCH


async def test_of_too_much_the_oldest_is_dropped_and_counted_so_that_a_knob_ends_where_it_was_left():
    box = Box()
    sent = [knob(number) for number in range(PENDING + 300)]
    box.mailbox.put(sent)
    await turns()
    assert box.received == sent[300:]
    assert box.counts == Counts(received=PENDING, dropped=300)


async def test_clock_pulses_outlive_what_knobs_flood():
    box = Box()
    pulses = [Received(0.5, 0, CLOCK)] * 24
    box.mailbox.put(pulses)
    box.mailbox.put([knob(number) for number in range(2 * PENDING)])
    await turns()
    assert box.received[:24] == pulses
    assert box.counts.lost_pulses == 0


async def test_pulses_beyond_all_measure_are_bounded_and_counted_too():
    box = Box()
    box.mailbox.put([Received(0.5, 0, CLOCK)] * (PENDING + 10))
    await turns()
    assert box.counts == Counts(received=PENDING, lost_pulses=10)
