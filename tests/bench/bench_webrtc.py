"""How old the newest published picture is: ``python tests/bench/bench_webrtc.py [MINUTES] [PAUSE_MS]`` prints JSON.

A peer in a process of its own publishes numbered pictures, 60 a second; the reader takes one, then is busy for
PAUSE_MS (200), as slow inference would be. Age is from the making of a picture to its taking, by the one clock of the
machine; ``age_pictures`` counts those made since. In the end publishers come and go, with the memory after each
tenth of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from stream_v2m.core.values import Frame
from stream_v2m.sources.inlet import Inlet
from tests.support.publisher import Numbered, Publisher, number_of, running_inlet

RATE_HZ = 60
WRAP = 1 << 16  # pictures are numbered by 16 bars
ROUNDS = 100
SIZE = (640, 352)


class Timed(Numbered):
    """Tells when each picture was made, on standard output."""

    async def recv(self):  # type: ignore[no-untyped-def]
        picture = await super().recv()
        print(f"{self.sent - 1} {time.perf_counter()}", flush=True)
        return picture


async def publish() -> None:
    """The publisher's process: it writes its offer, and reads the answer, as JSON on a line."""
    sender = Publisher(Timed(RATE_HZ, SIZE))
    print(json.dumps(await sender.offer()), flush=True)
    await sender.accept(json.loads(await asyncio.to_thread(sys.stdin.readline)))
    await asyncio.Event().wait()


def memory_mb() -> float:
    """Resident memory of this process."""
    found = re.search(r"^VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return round(int(found.group(1)) / 1024, 1)


def take(frames: Iterator[Frame], made: dict[int, float], until: float, pause: float) -> tuple[list[float], list[int]]:
    """Ages of what a slow reader gets, in seconds and in pictures."""
    seconds, pictures = [], []
    while time.perf_counter() < until:
        number, now = number_of(next(frames)), time.perf_counter()
        newest = max(made)
        number += newest // WRAP * WRAP - (WRAP if number > newest % WRAP else 0)
        if number in made:
            seconds.append(now - made[number])
            pictures.append(newest - number)
        for old in [each for each in list(made) if each < number]:
            del made[old]
        time.sleep(pause)
    return seconds, pictures


async def measure(minutes: float, pause: float) -> dict[str, object]:
    """Publish, read slowly, and let many come and go."""
    command = [sys.executable, __file__, "--publish"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
    assert process.stdin is not None and process.stdout is not None
    made: dict[int, float] = {}

    def listen() -> None:
        for line in process.stdout or ():
            number, moment = line.split()
            made[int(number)] = float(moment)

    async with running_inlet(notice=lambda text: None) as inlet:
        publication = await inlet.publish(json.loads(await asyncio.to_thread(process.stdout.readline)))
        process.stdin.write(json.dumps(publication.answer) + "\n")
        process.stdin.flush()
        listening = asyncio.create_task(asyncio.to_thread(listen))
        source = inlet.source()
        await asyncio.to_thread(source.open)
        begun = memory_mb()
        until = time.perf_counter() + 60 * minutes
        seconds, pictures = await asyncio.to_thread(take, source.frames(), made, until, pause)
        ended, dropped = memory_mb(), source.dropped
        source.close()
        process.kill()
        process.wait()
        await listening
        await inlet.unpublish(publication.id)
        after_rounds = []
        for number in range(ROUNDS):
            await visits(inlet)
            if (number + 1) % (ROUNDS // 10) == 0:
                after_rounds.append(memory_mb())
    return {
        "cores": os.cpu_count(),
        "rate_hz": RATE_HZ,
        "size": SIZE,
        "pause_ms": pause * 1000,
        "taken": len(seconds),
        "dropped": dropped,
        "age_ms": spread(np.array(seconds) * 1000),
        "age_pictures": spread(np.array(pictures)),
        "memory_mb": {"begin": begun, "end": ended, "after_rounds": after_rounds},
        "rounds": ROUNDS,
    }


async def visits(inlet: Inlet) -> None:
    """Somebody publishes, is seen, and leaves."""
    sender = Publisher(Numbered())
    publication = await sender.publish(inlet)
    source = inlet.source()
    await asyncio.to_thread(source.open)
    source.close()
    await inlet.unpublish(publication.id)
    await sender.close()


def spread(values: np.ndarray) -> dict[str, float]:
    """Median, 99th percentile and maximum."""
    return {name: round(float(np.quantile(values, q)), 1) for name, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}


if __name__ == "__main__":
    if sys.argv[1:] == ["--publish"]:
        asyncio.run(publish())
    else:
        minutes, pause_ms = (float(word) for word in [*sys.argv[1:], *["1", "200"][len(sys.argv) - 1 :]])
        print(json.dumps(asyncio.run(measure(minutes, pause_ms / 1000))))
