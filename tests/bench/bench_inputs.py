"""How exact the moments of MIDI clock pulses are, how soon the loop has them, and what the polling costs.

``python -m tests.bench.bench_inputs [SECONDS]`` writes JSON: milliseconds. A peer sends 24 pulses a beat at
120 bpm through JACK's dummy driver, whose stamps are as fine as its period: 2.7 ms. ``stamp`` and ``poll``
are the deviations from an even grid (fitted, so that delay does not count) of the moments, and of the times
at which the loop was called; ``handed_over`` is from moment to call.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.inputs import Received
from stream_v2m.midi.inputs import Inputs
from tests.support.jack import jack_server

PULSE = 60 / 120 / 24  # seconds
TIMING_CLOCK = b"\xf8"


def send_pulses(clock: MonotonicClock, count: int) -> None:
    import rtmidi

    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="master")
    out.open_port(next(index for index, name in enumerate(out.get_ports()) if "bench" in name), "out")
    begin = clock.now() + 0.2
    for number in range(count):
        time.sleep(max(0.0, begin + number * PULSE - clock.now()))
        out.send_message(TIMING_CLOCK)
    time.sleep(0.2)
    out.delete()


async def measure(seconds: float) -> dict[str, Any]:
    clock, count = MonotonicClock(), round(seconds / PULSE)
    moments: list[float] = []
    called: list[float] = []

    def receive(received: Received) -> None:
        moments.append(received.moment)
        called.append(clock.now())

    inputs = Inputs(
        ["virtual:bench"],
        receive,
        changed=lambda states: None,
        clock=clock,
        loop=asyncio.get_running_loop(),
        api="jack",
    )
    inputs.open()
    sender = threading.Thread(target=send_pulses, args=(clock, count))
    sender.start()
    await asyncio.to_thread(sender.join)
    inputs.close()
    return {
        "sent": count,
        "received": len(moments),
        "stamp": figures(uneven(moments)),
        "poll": figures(uneven(called)),
        "handed_over": figures([after - moment for after, moment in zip(called, moments, strict=True)]),
    }


async def idle(seconds: float) -> float:
    """Percent of one core that an input takes which brings nothing."""
    inputs = Inputs(
        ["virtual:idle"],
        lambda received: None,
        changed=lambda states: None,
        clock=MonotonicClock(),
        loop=asyncio.get_running_loop(),
        api="jack",
    )
    inputs.open()
    await asyncio.sleep(0.5)
    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu) / (time.perf_counter() - begun)
    inputs.close()
    return round(100 * share, 2)


def uneven(moments: Sequence[float]) -> list[float]:
    """Deviations from the straight line through them."""
    slope, intercept = statistics.linear_regression(range(len(moments)), moments)
    return [moment - intercept - slope * number for number, moment in enumerate(moments)]


def figures(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(abs(value) for value in values)
    picked = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    shown = {name: round(1000 * ordered[int(share * (len(ordered) - 1))], 3) for name, share in picked.items()}
    return {**shown, "sd": round(1000 * statistics.pstdev(values), 3)}


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with jack_server():
        result = {**asyncio.run(measure(seconds)), "idle_percent": asyncio.run(idle(5.0))}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
