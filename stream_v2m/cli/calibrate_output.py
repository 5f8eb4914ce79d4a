"""Measuring an output: it clicks, and a recording of it is searched, or somebody listens and nudges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from rich.console import Console

from stream_v2m.cli.keyboard import Keyboard, open_keyboard
from stream_v2m.config import Config
from stream_v2m.core.clock import Clock, MonotonicClock
from stream_v2m.core.delays import Delays
from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.core.values import ALL_PORTS, MidiEvent
from stream_v2m.midi.ear import FFmpegEar
from stream_v2m.midi.output import LARGEST_OFFSET, Output
from stream_v2m.midi.outputs import Outputs
from stream_v2m.midi.player import Player
from stream_v2m.stages.measure import CLICK_LENGTH, TEND_EVERY, hear_clicks

PERIOD = 0.8  # seconds between two clicks that somebody listens to
SHOWN = 0.1  # seconds that the terminal is lit at each
NUDGES = {"\x1b[D": -0.005, "\x1b[C": 0.005, "-": -0.005, "+": 0.005, "<": -0.001, ">": 0.001}
KEEP, GIVE_UP = ("\r", "\n"), ("q", "\x1b")
LIT, UNLIT = "\x1b[?5h", "\x1b[?5l"  # DECSCNM: the whole terminal reversed, in one short word


def measure(spec: str, click: bytes, ear: str, config: Config, *, clicks: int) -> Delays:
    """Let the output click, and listen.

    Raises:
        ConfigError: there is no such ear.
        PortError: the output or the ear cannot be opened.
    """

    async def run() -> Delays:
        clock = MonotonicClock()
        hearing = FFmpegEar(ear, clock=clock, program=config.source.ffmpeg)
        with _outputs(spec, config, clock) as outputs:
            return await hear_clicks(outputs, hearing, click, clicks=clicks, clock=clock, random=Random())

    return asyncio.run(run())


def believed(delays: Delays, *, where: str) -> float:
    """The usual delay in seconds.

    Raises:
        PortError: too few clicks were heard, or they contradict each other.
    """
    if delays.fault is not None:
        raise PortError(
            "the clicks were not heard well enough",
            where=where,
            got=delays.fault,
            cure="turn the sound up, be quiet, or choose another --note and --channel",
        )
    return delays.usual


def judge(spec: str, click: bytes, config: Config, *, console: Console) -> float:
    """Let the terminal flash and the output click, until somebody has nudged them together.

    Raises:
        ConfigError: there is no keyboard, or it was given up.
        PortError: the output cannot be opened.
    """

    async def run() -> float:
        clock = MonotonicClock()
        keyboard = open_keyboard()
        if keyboard is None or not console.is_terminal:
            raise ConfigError("no terminal to judge in", where="calibrate output", cure="--listen, or --ms if you know")
        console.print("nudge with ← and → until click and flash fall together: ← if the click comes too late")
        console.print("[dim]← → 5 ms   < > 1 ms   Enter keeps   q gives up[/dim]", highlight=False)
        with _outputs(spec, config, clock) as outputs, keyboard:
            try:
                return await _nudged(outputs, keyboard, click, clock, console)
            finally:
                console.file.write(UNLIT + "\n")
                console.file.flush()

    return asyncio.run(run())


async def _nudged(outputs: Outputs, keyboard: Keyboard, click: bytes, clock: Clock, console: Console) -> float:
    """The latency in seconds at which somebody was content."""
    latency = 0.0

    async def beat() -> None:
        moment = clock.now() + 1.0 + LARGEST_OFFSET
        while True:
            due = moment - latency
            await clock.sleep_until(due - outputs.lookahead)
            outputs.send([MidiEvent(due, ALL_PORTS, click, due + CLICK_LENGTH)])
            await clock.sleep_until(moment)
            _write(console, LIT)
            await clock.sleep_until(moment + SHOWN)
            _write(console, UNLIT)
            moment += PERIOD

    async def tend() -> None:
        while True:
            outputs.tend()
            await clock.sleep_until(clock.now() + TEND_EVERY)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(beat()), group.create_task(tend())]
        while True:
            typed = await keyboard.read()
            nudge = sum(typed.count(key) * step for key, step in NUDGES.items())
            latency = min(max(latency - nudge, 0.0), LARGEST_OFFSET)
            _write(console, f"\r{latency * 1000:+.0f} ms \x1b[K")
            if any(key in typed for key in KEEP) or typed in GIVE_UP:
                break
        for task in tasks:
            task.cancel()
    if typed in GIVE_UP:
        raise ConfigError("given up", where="calibrate output")
    return latency


@contextmanager
def _outputs(spec: str, config: Config, clock: MonotonicClock) -> Iterator[Outputs]:
    """The output alone, as late as it is."""
    plain = config.player.model_copy(update={"offset_ms": 0.0})
    outputs = Outputs(Player([Output(spec)], plain, origin=clock.origin, synth=config.synth.settings()))
    try:
        outputs.start()
        if problems := outputs.tend().problems:
            raise PortError(problems[0])
        yield outputs
    finally:
        outputs.close()


def _write(console: Console, text: str) -> None:
    console.file.write(text)
    console.file.flush()
