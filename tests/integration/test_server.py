"""The server on real sockets: who is let in, what is told, and how it ends."""

from __future__ import annotations

import asyncio
import datetime
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from stream_v2m.control import here
from stream_v2m.control.certificates import self_signed, tls_context
from stream_v2m.control.events import FAULTS, LARGEST
from stream_v2m.control.route import Route
from stream_v2m.control.server import BODY, Server
from stream_v2m.core.commands.harmony import Hold
from stream_v2m.core.errors import PortError
from stream_v2m.sources.jpeg import preview
from tests.support.require import missing
from tests.support.serving import frame, note, serving

pytestmark = pytest.mark.integration

TOKEN = "correct-horse"
EVENTS = "/api/v1/events"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
SECRET = [
    ("GET", "/api/v1/state", {}),
    ("GET", "/api/v1/commands", {}),
    ("GET", "/api/v1/openapi.json", {}),
    ("GET", "/api/v1/preview.jpg", {}),
    ("GET", EVENTS, UPGRADE),
    ("POST", "/api/v1/commands/hold", {}),
    ("POST", "/extra", {}),
    ("DELETE", "/extra/7", {}),
    ("GET", "/nowhere", {}),
]


async def extra(request: web.Request) -> web.Response:
    return web.Response(text="reached")


EXTRA = [
    Route("POST", "/extra", extra),
    Route("*", "/extra/{id}", extra),
    Route("OPTIONS", "/extra", extra, public=True),
]


async def ask(url: str, method: str = "GET", *, json: Any = None, **headers: str) -> tuple[int, Any]:
    """Status and answer; JSON is read."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json=json, headers=named, allow_redirects=False) as answer,
    ):
        body = await answer.read()
        if answer.content_type == "application/json":
            return answer.status, await answer.json()
        return answer.status, body


async def statuses(url: str, **headers: str) -> set[int]:
    """What a visitor gets from every address that is not public."""
    return {(await ask(url + path, method, **own, **headers))[0] for method, path, own in SECRET}


async def test_a_page_of_another_origin_reaches_nothing():
    async with serving(routes=EXTRA) as served:
        assert await statuses(served.url, Origin="https://evil.example") == {403}
        assert await statuses(served.url, Origin="null") == {403}
        assert await statuses(served.url, Sec_Fetch_Site="cross-site") == {403}
        assert served.commands == []


async def test_a_name_that_was_pointed_at_us_reaches_nothing_not_even_a_page():
    async with serving(routes=EXTRA) as served:
        assert await statuses(served.url, Host="evil.example") == {421}
        assert await statuses(served.url, Host=f"evil.example:{served.server.port}") == {421}
        assert (await ask(served.url, Host="evil.example"))[0] == 421
        assert served.commands == []


async def test_off_loopback_nothing_is_reached_without_the_token_from_any_address():
    async with serving(routes=EXTRA, host="0.0.0.0", token=TOKEN) as served:
        for host in ("127.0.0.1", *[each for each in here.addresses() if ":" not in each][:1]):
            url = f"http://{host}:{served.server.port}"
            assert await statuses(url) == {401}
            assert await statuses(url, Authorization="Bearer nearly") <= {401, 429}
            assert await statuses(url, Cookie=f"stream_v2m_{served.server.port}=nearly") == {401}
        assert served.commands == []


async def test_the_token_opens_and_is_made_up_where_none_is_given():
    async with serving(routes=EXTRA, host="0.0.0.0") as served:
        assert served.server.token is not None and len(served.server.token) >= 32
        authorization = f"Bearer {served.server.token}"
        status, answer = await ask(f"{served.url}/api/v1/state", Authorization=authorization)
        assert (status, answer["version"]) == (200, 1)
        assert await ask(f"{served.url}/extra", "POST", Authorization=authorization) == (200, b"reached")
        assert (await ask(f"{served.url}/api/v1/state?token={served.server.token}"))[0] == 401


async def test_a_login_gives_a_cookie_that_opens_everything():
    async with serving(host="0.0.0.0", token=TOKEN) as served, aiohttp.ClientSession() as browser:
        browser.cookie_jar.clear()
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": served.url}) as browser_page:
            async with browser_page.post(f"{served.url}/api/v1/login", json={"token": TOKEN}) as answer:
                cookie = answer.headers["Set-Cookie"]
                assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" not in cookie
                assert TOKEN not in cookie
            async with browser_page.ws_connect(served.url + EVENTS) as events:
                assert (await events.receive_json())["type"] == "state"
            async with browser_page.get(f"{served.url}/api/v1/state") as answer:
                assert answer.status == 200


async def test_logins_from_elsewhere_wrong_ones_and_too_many_are_refused():
    async with serving(host="0.0.0.0", token=TOKEN) as served:
        login = f"{served.url}/api/v1/login"
        assert (await ask(login, "POST", json={"token": TOKEN}, Origin="https://evil.example"))[0] == 403
        assert (await ask(login, "POST", json={"token": ["x"]}))[0] == 400
        answers = [await ask(login, "POST", json={"token": "wrong"}) for _ in range(11)]
        assert [status for status, _ in answers] == [401] * 10 + [429]
        assert (await ask(login, "POST", json={"token": TOKEN}))[0] == 429


async def test_the_pages_hold_no_secret_and_are_open_to_a_visitor_who_has_yet_to_log_in():
    async with serving(host="0.0.0.0", token=TOKEN) as served:
        for path in ("/", "/camera", "/overlay", "/web/session.js"):
            status, body = await ask(served.url + path)
            assert status == 200
            assert TOKEN.encode() not in body
        for path in ("/web/../server.py", "/web/%2e%2e%2fserver.py", "/web/", "/web/none.js", "/web/.hidden"):
            assert (await ask(served.url + path))[0] in (401, 404)


async def test_every_answer_bears_the_careful_headers():
    async with serving(refuse="no") as served, aiohttp.ClientSession() as session:
        for path in ("/", "/overlay", "/web/session.js", "/api/v1/state", "/nowhere", "/api/v1/commands/none"):
            async with session.get(served.url + path) as answer:
                headers = answer.headers
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert headers["Referrer-Policy"] == "no-referrer"
                assert "default-src 'self'" in headers["Content-Security-Policy"]
                assert ("frame-ancestors 'none'" in headers["Content-Security-Policy"]) == (path != "/overlay")
                assert "aiohttp" not in headers["Server"]


async def test_a_command_changes_the_state_that_everybody_sees():
    async with serving() as served:
        assert await ask(f"{served.url}/api/v1/commands/hold", "POST", json={"on": True}) == (200, {"ok": True})
        assert served.commands == [Hold(on=True)]
        _, state = await ask(f"{served.url}/api/v1/state")
        assert state["state"]["controls"]["hold"] is True


async def test_a_refusal_says_what_where_and_the_cure():
    async with serving(refuse="the clock leads") as served:
        commands = f"{served.url}/api/v1/commands"
        assert (await ask(f"{commands}/tap", "POST"))[1]["error"]["what"] == "the clock leads"
        assert (await ask(f"{commands}/tap", "POST"))[0] == 409
        status, answer = await ask(f"{commands}/set_tempo", "POST", json={"bpm": 1})
        assert (status, answer["error"]["where"], answer["error"]["got"]) == (400, "set_tempo.bpm", "1")
        assert (await ask(f"{commands}/nothing", "POST"))[0] == 404
        status, answer = await ask(f"{commands}/tap", "GET")
        assert (status, answer["error"]["expected"]) == (405, "POST")


async def test_bodies_are_bounded_plain_and_in_time():
    async with serving() as served:
        hold = f"{served.url}/api/v1/commands/hold"
        assert (await ask(hold, "POST", json={"on": "x" * BODY}))[0] == 413
        assert (await ask(hold, "POST", json={"on": True}, Content_Encoding="gzip"))[0] == 415


async def raw(port: int, sent: bytes) -> bytes:
    """The answer to what is no tidy request; it must ask for the connection to be closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(20):
        got = await reader.read()
    writer.close()
    return got


@pytest.mark.parametrize("request_line", ["POST /api/v1/commands/tap", "GET /nowhere", "OPTIONS *", "CONNECT here:80"])
async def test_an_expectation_that_cannot_be_met_or_read_is_refused(request_line):
    async with serving() as served:
        for expectation in ("nonsense", "1\x810"):
            head = f"{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: {expectation}\r\n\r\n"
            answer = await raw(served.server.port, head.encode("latin-1"))
            assert answer.startswith(b"HTTP/1.1 417")
            assert b'"where":"Expect"' in answer


async def test_who_waits_for_leave_to_send_gets_it():
    async with serving() as served:
        head = (
            "POST /api/v1/commands/tap HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = await raw(served.server.port, head.encode())
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


async def test_commands_are_limited_for_each_visitor():
    async with serving(commands_per_s=5) as served:
        answers = [await ask(f"{served.url}/api/v1/commands/tap", "POST") for _ in range(30)]
        assert 429 in {status for status, _ in answers}
        assert 5 <= len(served.commands) < 30


async def test_quit_is_for_loopback_unless_the_config_says_otherwise():
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for config, expected in (
        ({}, 200),
        ({"allow_quit": False}, 403),
        ({"host": "0.0.0.0", "token": TOKEN}, 403),
        ({"host": "0.0.0.0", "token": TOKEN, "allow_quit": True}, 200),
    ):
        async with serving(**config) as served:
            assert (await ask(f"{served.url}/api/v1/commands/quit", "POST", **headers))[0] == expected


async def test_a_websocket_tells_the_state_the_changes_and_what_happens_and_obeys():
    async with (
        serving() as served,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{served.url}{EVENTS}?notes=1&rate=30") as events,
    ):
        assert (await events.receive_json())["state"]["phase"] == "starting"
        await events.send_json({"type": "command", "id": 1, "name": "hold", "arguments": {"on": True}})
        served.feed.played([note(pitch=61)])
        told = {message["type"]: message for message in [await events.receive_json() for _ in range(3)]}
        assert told["answer"] == {"type": "answer", "id": 1, "ok": True}
        assert told["delta"]["changes"]["controls"]["hold"] is True
        assert told["notes"]["notes"][0]["pitch"] == 61


async def test_pictures_come_as_binary_messages_and_by_their_own_address():
    async with serving(jpeg=preview) as served:
        assert (await ask(f"{served.url}/api/v1/preview.jpg"))[0] == 204
        served.feed.saw(frame(), [], None, at=0.0)
        status, picture = await ask(f"{served.url}/api/v1/preview.jpg")
        assert (status, picture[:2], picture[-2:]) == (200, b"\xff\xd8", b"\xff\xd9")
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{served.url}{EVENTS}?preview=1") as events,
        ):
            assert (await events.receive_json())["type"] == "state"
            assert (await events.receive_bytes())[:2] == b"\xff\xd8"


async def test_no_more_visitors_than_there_is_room_for():
    async with serving(max_clients=2) as served, aiohttp.ClientSession() as session:
        first, second = [await session.ws_connect(served.url + EVENTS) for _ in range(2)]
        status, answer = await ask(served.url + EVENTS, **UPGRADE)
        assert (status, answer["error"]["expected"]) == (503, "at most 2")
        await first.close()
        async with session.ws_connect(served.url + EVENTS) as again:
            assert (await again.receive_json())["type"] == "state"
        await second.close()


@pytest.mark.parametrize("query", ["rate=0", "rate=nan", "notes=maybe", "nonsense=1", "rate=1&rate=2"])
async def test_a_wish_that_cannot_be_granted_is_refused_before_the_socket_opens(query):
    async with serving() as served:
        status, answer = await ask(f"{served.url}{EVENTS}?{query}", **UPGRADE)
        assert status == 400
        assert answer["error"]["where"].startswith("query")


async def test_who_talks_nonsense_is_told_so_and_then_left():
    async with serving() as served, aiohttp.ClientSession() as session:
        async with session.ws_connect(served.url + EVENTS) as events:
            assert (await events.receive_json())["type"] == "state"
            for _ in range(FAULTS):
                await events.send_str("nonsense")
            answers = [(await events.receive_json())["type"] for _ in range(FAULTS)]
            assert set(answers) == {"error"}
            assert (await events.receive()).type is WSMsgType.CLOSE
            assert events.close_code == 1008
        async with session.ws_connect(served.url + EVENTS) as events:
            await events.receive_json()
            await events.send_str(json.dumps({"type": "ping", "id": "x" * LARGEST}))
            assert (await events.receive()).type is WSMsgType.CLOSE
            assert events.close_code == 1009


@asynccontextmanager
async def silent_visitor(url: str) -> AsyncIterator[socket.socket]:
    """A WebSocket that is opened and then never read."""
    host, _, port = url.removeprefix("http://").partition(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as visitor:
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        visitor.setblocking(False)
        await loop.sock_connect(visitor, (host, int(port)))
        headers = "".join(f"{name}: {value}\r\n" for name, value in {"Host": f"{host}:{port}", **UPGRADE}.items())
        await loop.sock_sendall(visitor, f"GET {EVENTS}?notes=1 HTTP/1.1\r\n{headers}\r\n".encode())
        yield visitor


async def test_a_visitor_who_does_not_read_costs_bounded_memory_and_later_gets_the_newest_state():
    async with serving() as served, silent_visitor(served.url) as visitor:
        async with asyncio.timeout(20):
            while not served.feed._boxes:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        (box,) = served.feed._boxes
        for number in range(20_000):  # some megabytes
            served.feed.played([note(pitch=number % 128)] * 4)
            served.board.update(cuts=number)
            if number % 100 == 0:
                await asyncio.sleep(0)
        assert len(box._news) <= box._capacity
        loop, received = asyncio.get_running_loop(), b""
        async with asyncio.timeout(20):
            while b'"cuts":19999' not in received:
                received += await loop.sock_recv(visitor, 65536)
        assert received.count(b'"type":"state"') >= 2  # at first, and after what was lost
        assert len(received) < 2_000_000  # of the 7 that there were


async def test_at_the_end_visitors_are_told_and_who_does_not_answer_is_not_waited_for():
    async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:
        async with serving() as served:
            events = await session.ws_connect(served.url + EVENTS)
            await events.receive_json()
            async with session.get(f"{served.url}/api/v1/state") as kept_alive:
                await kept_alive.read()
            await stack.enter_async_context(silent_visitor(served.url))
            for _ in range(3000):
                served.feed.played([note()] * 8)
            await asyncio.sleep(0.1)
            listening = asyncio.create_task(events.receive())
            url, leaving = served.url, asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - leaving < 5
        assert (await listening).type is WSMsgType.CLOSE
        assert events.close_code == 1001
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)


async def test_a_taken_port_is_told_before_anything_begins():
    async with serving() as served:
        with pytest.raises(PortError, match=r"127\.0\.0\.1:\d+: cannot be served on .*--port"):
            async with serving(port=served.server.port):
                pass


async def test_with_a_certificate_of_its_own_it_speaks_tls_and_the_cookie_is_secure(tmp_path: Path):
    now = datetime.datetime.now(datetime.UTC)
    certificate, key = self_signed(tmp_path, ["localhost", "127.0.0.1"], now=now)
    trusting = ssl.create_default_context(cafile=certificate)
    async with serving(tls=tls_context(certificate, key), token=TOKEN) as served:
        assert served.url.startswith("https")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as session:
            async with session.post(f"{served.url}/api/v1/login", json={"token": TOKEN}) as answer:
                assert "Secure" in answer.headers["Set-Cookie"]
            authorization = {"Authorization": f"Bearer {TOKEN}"}
            async with session.ws_connect(served.url + EVENTS, headers=authorization) as events:
                assert (await events.receive_json())["type"] == "state"


async def test_a_route_may_raise_our_errors_and_its_visitor_gets_them_as_json():
    async def refuse(request: web.Request) -> web.Response:
        raise PortError("occupied", where="whip", cure="wait")

    async with serving(routes=[Route("POST", "/refusing", refuse)]) as served:
        status, answer = await ask(f"{served.url}/refusing", "POST")
        assert (status, answer["error"]["what"], answer["error"]["cure"]) == (400, "occupied", "wait")


async def test_a_public_method_of_an_address_does_not_open_the_others():
    async with serving(routes=EXTRA, host="0.0.0.0", token=TOKEN) as served:
        assert await ask(f"{served.url}/extra", "OPTIONS", Origin="https://elsewhere.example") == (200, b"reached")
        assert (await ask(f"{served.url}/extra", "POST"))[0] == 401
        assert (await ask(f"{served.url}/extra", "HEAD"))[0] == 401


async def test_the_addresses_that_are_told_are_reachable():
    async with serving(host="0.0.0.0", token=TOKEN) as served:
        if not here.addresses():
            missing("a network beside loopback")
        assert isinstance(served.server, Server)
        assert (await ask(served.server.urls[0]))[0] == 200
