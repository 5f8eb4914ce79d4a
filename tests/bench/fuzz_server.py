"""Whatever is sent to the server, it answers clearly: no fault of its own, no hang.

``python -m tests.bench.fuzz_server [CASES] [SEED]`` sends random and mutated requests, queries, headers, JSON bodies
and WebSocket messages, writes a summary as JSON, and ends with 1 if anything was not as it should be.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
import time
from collections.abc import Sequence
from typing import Any

from stream_v2m.sources.jpeg import preview
from tests.support.fuzzing import Tally, knock, message, request
from tests.support.fuzzing_socket import Talk
from tests.support.serving import frame, serving

AT_ONCE = 16
WEBSOCKET = 0.4  # share of the cases


class _Listening(logging.Handler):
    """The server's own faults, as it tells them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


async def fuzz(cases: int, seed: int) -> dict[str, Any]:
    tally, listening, begin = Tally(), _Listening(), time.perf_counter()
    logging.getLogger().addHandler(listening)
    unhandled: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: unhandled.append(repr(context)))
    async with serving(jpeg=preview, commands_per_s=1000, max_clients=100) as served:
        served.feed.saw(frame(), [], None, at=0.0)
        served.feed.sent([])

        async def visit(number: int) -> None:
            rng = random.Random(f"{seed} {number}")
            talk = Talk(served.server.port, tally)
            host = f"127.0.0.1:{served.server.port}"
            for _ in range(cases // AT_ONCE):
                if rng.random() < WEBSOCKET:
                    await talk.say(message(rng), rng)
                else:
                    await knock(served.server.port, request(rng, host), tally)
            talk.close()

        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(visit(number))
        obeyed, open_boxes = len(served.commands), len(served.feed._boxes)
        served.commands.clear()
    return {
        "cases": cases // AT_ONCE * AT_ONCE,
        "seed": seed,
        "seconds": round(time.perf_counter() - begin, 1),
        "answers": dict(sorted(tally.answers.items())),
        "commands_obeyed": obeyed,
        "connections_left": open_boxes,
        "faults": len(tally.faults) + len(listening.told) + len(unhandled),
        "first_faults": [*tally.faults[:10], *listening.told[:10], *unhandled[:10]],
    }


def main(arguments: Sequence[str]) -> int:
    cases = int(arguments[0]) if arguments else 10_000
    seed = int(arguments[1]) if arguments[1:] else 0
    summary = asyncio.run(fuzz(cases, seed))
    print(json.dumps(summary, indent=2))
    return 1 if summary["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
