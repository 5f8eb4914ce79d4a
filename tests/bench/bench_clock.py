"""MIDI clock: drift and jitter of ours as a peer receives it, and how closely one that is swept is followed.

``python -m tests.bench.bench_clock [MINUTES]`` writes JSON. Out: pulses at 120 beats a minute through the player to a
virtual port under JACK, stamped where they arrive. In: a program of its own sends a clock that goes from 90
to 140 beats a minute within 20 seconds, and says when it sent each pulse; the follower's tempo is held
against that. Milliseconds, if nothing else is said.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from stream_v2m.core.clock import MonotonicClock
from stream_v2m.core.inputs import Received
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.midi.channel_message import START, TIMING_CLOCK
from stream_v2m.midi.clock_in import ClockFollower, FollowConfig, Transport
from stream_v2m.midi.clock_out import PULSES, ClockConfig, ClockOut
from stream_v2m.midi.inputs import Inputs
from stream_v2m.midi.output import Output
from stream_v2m.midi.player import Player, PlayerConfig
from tests.support.jack import Listener, jack_server
from tests.support.pulses import Sweep

BPM = 120.0
SWEEP = Sweep(90.0, 140.0, begin=5.0, seconds=20.0)
SENT_SECONDS = 30.0
SETTLED = 2  # beats after which the follower has locked


def measure_out(seconds: float) -> dict[str, Any]:
    """Send our clock for so long, and look at it where it arrives."""
    clock, tempo = MonotonicClock(), InternalTempo(BPM)
    pulses = ClockOut(ClockConfig(), beats_per_bar=4)
    player = Player([Output.parse("virtual:bench@clock-only")], PlayerConfig(api="jack"), origin=clock.origin)
    player.start()
    try:
        listener = Listener("bench-ear").connect("stream_v2m:bench")
        time.sleep(0.2)
        begin = clock.now() + 0.1
        tempo.start(begin)
        pulses.begin(begin)
        pulses.start(0.0)
        while clock.now() < begin + seconds:
            player.send(pulses.events(clock.now() + player.lookahead, tempo))
            player.heartbeat()
            state = player.poll()
            time.sleep(0.01)
        time.sleep(player.lookahead + 0.1)
        listener.close()
    finally:
        player.close()
    moments = [moment - clock.origin for moment, message in listener.messages if message[0] == TIMING_CLOCK]
    late = [moment - tempo.time_at(number / PULSES) for number, moment in enumerate(moments)]
    return {
        "seconds": seconds,
        "pulses": len(moments),
        "lost": round((moments[-1] - begin) * BPM * PULSES / 60) + 1 - len(moments),
        "realtime": state.realtime,
        "drift_ppm": round(1e6 * _slope(moments, late), 2),
        "lateness": _figures(late),
        "interval_off": _figures([abs(b - a - 60 / BPM / PULSES) for a, b in pairwise(moments)]),
    }


async def measure_in() -> dict[str, Any]:
    """Follow a clock that another program sweeps."""
    clock, tempo = MonotonicClock(), InternalTempo(SWEEP.first)
    follower = ClockFollower(tempo, FollowConfig(), beats_per_bar=4)
    arrivals: list[float] = []
    begun = asyncio.Event()

    def receive(received: Received) -> None:
        if follower.receive(received.moment, received.message) is Transport.START:
            begun.set()
        if received.message[0] == TIMING_CLOCK:
            arrivals.append(received.moment)

    inputs = Inputs(
        ["virtual:swept"],
        receive,
        changed=lambda _: None,
        clock=clock,
        loop=asyncio.get_running_loop(),
        api="jack",
    )
    inputs.open()
    command = [sys.executable, "-m", "tests.bench.bench_clock", "send"]
    sender = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        output = asyncio.ensure_future(sender.communicate())
        while not output.done():
            follower.tend(clock.now())
            await asyncio.sleep(0.05)
        sent = [moment - clock.origin for moment in json.loads((await output)[0])]
        await asyncio.sleep(0.1)
    finally:
        inputs.close()
    off = [tempo.beat_at(moment) - follower.joined - number / PULSES for number, moment in enumerate(sent)]
    settled = list(zip(sent, off, strict=True))[SETTLED * PULSES :]
    swept = [abs(beats) for moment, beats in settled if 0 <= moment - sent[0] - SWEEP.begin <= SWEEP.seconds]
    even = [abs(beats) for moment, beats in settled if moment - sent[0] > SWEEP.begin + SWEEP.seconds + 1.0]
    return {
        "pulses_sent": len(sent),
        "pulses_received": len(arrivals),
        "joined": begun.is_set(),
        "arrival": _figures([b - a for a, b in zip(sent, arrivals, strict=False)]),
        "off_while_swept_beats": {"p50": _round(statistics.median(swept)), "max": _round(max(swept))},
        "off_while_even_beats": {"p50": _round(statistics.median(even)), "max": _round(max(even))},
        "bpm_at_the_end": round(tempo.bpm, 3),
        "pieces": len(tempo.segments(sent[0], sent[-1])),
    }


def send() -> None:
    """Be the program that sends the swept clock; write when each pulse was sent (``perf_counter``)."""
    import rtmidi

    port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="sweeper")
    while not any("swept" in name for name in port.get_ports()):
        time.sleep(0.05)
    port.open_port(next(index for index, name in enumerate(port.get_ports()) if "swept" in name), "out")
    time.sleep(0.3)
    sent, begin = [], time.perf_counter() + 0.1
    port.send_message(bytes((START,)))
    for due in SWEEP.pulses(SENT_SECONDS):
        while (left := begin + due - time.perf_counter()) > 0:
            time.sleep(left)
        sent.append(time.perf_counter())
        port.send_message(bytes((TIMING_CLOCK,)))
    time.sleep(0.2)
    port.delete()
    print(json.dumps(sent))


def main(minutes: float = 1.0) -> None:
    with jack_server():
        out = measure_out(60 * minutes)
        print(json.dumps({"out": out, "in": asyncio.run(measure_in())}, indent=2))


def _slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Through the medians of the first and the last tenth, so that what was late by chance does not tilt it."""
    part = max(1, len(xs) // 10)
    rise = statistics.median(ys[-part:]) - statistics.median(ys[:part])
    return rise / (statistics.median(xs[-part:]) - statistics.median(xs[:part]))


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    figures = {"p50_ms": statistics.median(seconds), "p99_ms": cuts[98], "max_ms": max(seconds)}
    return {name: round(1000 * value, 3) for name, value in figures.items()}


def _round(beats: float) -> float:
    return round(beats, 5)


if __name__ == "__main__":
    if sys.argv[1:] == ["send"]:
        send()
    else:
        main(*map(float, sys.argv[1:]))
