"""Whatever is sent to the server, it answers clearly; ``tests/bench/fuzz_server.py`` tries for longer."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream_v2m.core.commands.table import COMMANDS
from tests.support.fuzzing import METHODS, PATHS, RAW, VALUES, Tally, knock, message, request
from tests.support.fuzzing_socket import Talk
from tests.support.serving import Served, serving

pytestmark = pytest.mark.integration

SEEDS = st.integers(0, 2**32)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def several(examples: int) -> settings:
    """So many cases; how long one takes is the machine's affair."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


class Knocker:
    """Sends from outside the server's event loop, and fails if an answer is not as it should be."""

    def __init__(self, loop: asyncio.AbstractEventLoop, served: Served) -> None:
        self._loop, self._port = loop, served.server.port
        self.host = f"127.0.0.1:{self._port}"

    def knock(self, sent: bytes) -> None:
        tally = Tally()
        self._run(knock(self._port, sent, tally))
        assert tally.faults == []

    def say(self, text: bytes, rng: random.Random) -> None:
        async def talk() -> None:
            talk = Talk(self._port, tally)
            await talk.say(text, rng)
            talk.close()

        tally = Tally()
        self._run(talk())
        assert tally.faults == []

    def _run(self, coroutine) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


@pytest.fixture(scope="module")
def server() -> Iterator[Knocker]:
    """A server in a thread; at the end it must not have told of any fault of its own."""
    opened: Future[Knocker] = Future()
    ended: list[asyncio.Event] = []
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)

    async def main() -> None:
        ended.append(asyncio.Event())
        async with serving(commands_per_s=1000) as served:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: told.append(repr(context)))
            opened.set_result(Knocker(loop, served))
            await ended[0].wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    knocker = opened.result(30)
    yield knocker
    knocker._loop.call_soon_threadsafe(ended[0].set)
    thread.join(30)
    logging.getLogger().removeHandler(handler)
    assert told == []


@several(250)
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    query=st.text(max_size=40),
    header=st.text(max_size=40),
)
def test_any_query_and_header_is_answered(server, method, path, query, header):
    lines = [f"{method} {path}?{query} HTTP/1.1", f"Host: {server.host}", f"Cookie: {header}", "Connection: close"]
    server.knock("\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n")


@several(250)
@given(SEEDS)
def test_any_mutated_request_is_answered(server, seed):
    server.knock(request(random.Random(seed), server.host))


@several(250)
@given(name=st.sampled_from(list(COMMANDS)), body=JSON | st.sampled_from(RAW) | st.binary(max_size=100))
def test_any_body_is_answered(server, name, body):
    data = body if isinstance(body, bytes) else _written(body)
    head = f"POST /api/v1/commands/{name} HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: {len(data)}\r\n"
    server.knock(head.encode() + b"Connection: close\r\n\r\n" + data)


@several(250)
@given(SEEDS)
def test_any_message_on_a_websocket_is_answered(server, seed):
    rng = random.Random(seed)
    server.say(message(rng), rng)


def _written(value: object) -> bytes:
    return json.dumps(value).encode()
