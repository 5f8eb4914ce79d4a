"""What serving costs the music: the process's CPU share and the event loop's lag, without visitors and with many.

``python -m tests.bench.bench_server [CLIENTS] [SECONDS]`` writes JSON. The board moves as in a performance: 30
frames, 10 reports and 16 notes a second; the visitors, in a process of their own, read everything there is. ``lag_ms``
is how late a timer of 5 ms comes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stream_v2m.core.values import Affect, Cue, Event
from tests.support.serving import Served, frame, message, note, serving

TICK = 0.005


async def perform(served: Served) -> None:
    """Move the board and the feed."""
    board, feed, clock = served.board, served.feed, served.clock
    begin, number = clock.now(), 0
    while True:
        now, number = clock.now(), number + 1
        affect = Affect((0.1, 0.1, 0.2, 0.2, 0.2, 0.2), (number % 100) / 100, 0.1)
        cues = [Cue(now, (number % 90) / 90), *([Cue(now, 0.9, Event.CUT, now)] if number % 60 == 0 else [])]
        board.update(affect=affect, cue=cues[0], source=replace(board.state.source, frames=number, status="playing"))
        feed.saw(frame(now, number % 255), cues, affect, at=now)
        if number % 3 == 0:
            player = replace(board.state.player, sent=number, lateness_p99_ms=number / 100)
            board.update(time=now, beat=now * 2, bpm=120.0, player=player)
        if number % 2 == 0:
            feed.played([note(now + 0.05, 48 + number % 24)])
            feed.sent([message(now + 0.05)])
        await clock.sleep_until(begin + number / 30)


async def lag(seconds: float) -> list[float]:
    loop, late = asyncio.get_running_loop(), []
    end = loop.time() + seconds
    while (now := loop.time()) < end:
        await asyncio.sleep(TICK)
        late.append(1000 * (loop.time() - now - TICK))
    return sorted(late)


async def measured(seconds: float) -> dict[str, float]:
    cpu, begin = time.process_time(), time.perf_counter()
    late = await lag(seconds)
    share = (time.process_time() - cpu) / (time.perf_counter() - begin)
    return {
        "cpu_percent": round(100 * share, 2),
        "lag_p50_ms": round(late[len(late) // 2], 3),
        "lag_p99_ms": round(late[len(late) * 99 // 100], 3),
        "lag_max_ms": round(late[-1], 3),
    }


async def measure(clients: int, seconds: float) -> dict[str, Any]:
    from stream_v2m.sources.jpeg import preview

    async with serving(max_clients=clients, jpeg=preview) as served, asyncio.TaskGroup() as group:
        performing = group.create_task(perform(served))
        await asyncio.sleep(1)
        alone = await measured(seconds)
        visitors = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __spec__.name, "visit", str(clients), served.url, stdout=asyncio.subprocess.PIPE
        )
        assert visitors.stdout is not None
        await visitors.stdout.readline()  # all are in
        crowded = await measured(seconds)
        visitors.terminate()
        received = json.loads((await visitors.communicate())[0])
        performing.cancel()
    return {"clients": clients, "seconds": seconds, "without": alone, "with": crowded, "received": received}


async def visit(clients: int, url: str) -> None:
    """Read what ``clients`` visitors are told until SIGTERM; write how much it was."""
    import signal

    import aiohttp

    counts = {"messages": 0, "bytes": 0, "pictures": 0}
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)

    async def listen(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for each in socket:
            counts["messages"] += 1
            counts["bytes"] += len(each.data)
            counts["pictures"] += each.type == aiohttp.WSMsgType.BINARY

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        address = f"{url}/api/v1/events?notes=1&midi=1&preview=1&rate=30"
        tasks = [group.create_task(listen(await session.ws_connect(address))) for _ in range(clients)]
        print("in", flush=True)
        await ended.wait()
        print(json.dumps(counts), flush=True)
        for task in tasks:
            task.cancel()


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["visit"]:
        asyncio.run(visit(int(arguments[1]), arguments[2]))
        return
    clients = int(arguments[0]) if arguments else 20
    seconds = float(arguments[1]) if arguments[1:] else 20.0
    print(json.dumps(asyncio.run(measure(clients, seconds)), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
