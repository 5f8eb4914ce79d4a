"""The pages' connection, in a real browser: login by the fragment, state, commands, a lost server, its return."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.browser import async_chromium
from tests.support.serving import serving

pytestmark = pytest.mark.e2e

TOKEN = "correct-horse"
WAIT = 60_000  # milliseconds
CONNECT = """
async () => {
    const { connect, login } = await import("/web/session.js");
    await login();
    window.heard = [];
    window.session = connect({
        notes: true,
        onState: (state, changes) => heard.push(["state", state.cuts, Object.keys(changes).length]),
        onEvent: (event) => heard.push([event.type]),
        onOpen: () => heard.push(["open"]),
        onClose: ({ code }) => heard.push(["close", code]),
        onRefused: ({ status }) => heard.push(["refused", status]),
    });
}
"""


async def test_a_page_logs_in_follows_the_state_commands_and_comes_back_after_the_server():
    async with async_chromium() as browser:
        page = await browser.new_page()
        async with serving(host="0.0.0.0", token=TOKEN) as served:
            port = served.server.port
            await page.goto(f"{served.url}/web/session.js#token={TOKEN}&stay=1")  # any address of the same origin
            await page.evaluate(CONNECT)
            await page.wait_for_function("() => session.state() !== null", timeout=WAIT)
            assert await page.evaluate("location.hash") == "#stay=1"
            assert TOKEN not in str(await page.evaluate("document.cookie"))

            served.board.update(cuts=7)
            await page.wait_for_function("() => session.state().cuts === 7", timeout=WAIT)
            served.feed.released(1.0)
            await page.wait_for_function("() => heard.some(([type]) => type === 'released')", timeout=WAIT)

            await page.evaluate("session.command('hold', {on: true})")
            assert served.board.controls.hold is True
            refused = await page.evaluate("session.command('set_tempo', {bpm: 1}).catch((error) => error.message)")
            assert "set_tempo.bpm" in refused and "greater than or equal to 20" in refused

            await page.wait_for_function("() => heard.length > 3", timeout=WAIT)
            before, told, after = served.clock.now(), await page.evaluate("session.now()"), served.clock.now()
            assert before - 1 < told < after + 1
        await page.wait_for_function(
            "() => heard.some(([type, code]) => type === 'close' && code === 1001)", timeout=WAIT
        )
        assert await page.evaluate("session.command('tap').catch((error) => error.what)") == "not connected"

        async with serving(host="0.0.0.0", port=port, token=TOKEN) as served:  # the cookie holds for the same token
            served.board.update(cuts=9)
            await page.wait_for_function("() => session.connected() && session.state().cuts === 9", timeout=WAIT)
        async with serving(host="0.0.0.0", port=port, token="another-horse"):
            await page.wait_for_function(
                "() => heard.some(([type, status]) => type === 'refused' && status === 401)", timeout=WAIT
            )
            await page.evaluate("import('/web/session.js').then(({loginWith}) => loginWith('another-horse'))")
            await page.wait_for_function("() => session.connected()", timeout=WAIT)
            await asyncio.sleep(0)


async def test_a_lost_connection_is_told_at_once_and_its_reason_not_after_it_is_back():
    async with async_chromium() as browser:
        page = await browser.new_page()
        reached, answered = asyncio.Event(), asyncio.Event()

        async def hold(route):
            reached.set()
            await answered.wait()
            await route.fulfill(status=401, json={"error": {"what": "no token"}})

        async with serving() as served:
            port = served.server.port
            await page.goto(f"{served.url}/web/session.js")
            await page.evaluate(CONNECT)
            await page.wait_for_function("() => session.state() !== null", timeout=WAIT)
            await page.route("**/api/v1/commands", hold)
        await page.wait_for_function("() => heard.some(([type]) => type === 'close')", timeout=WAIT)
        await reached.wait()  # while it is still being asked why
        async with serving(port=port):
            await page.wait_for_function("() => session.connected()", timeout=WAIT)
            answered.set()
            await page.wait_for_function("fetch('/api/v1/commands').then(({status}) => status === 401)", timeout=WAIT)
            assert not await page.evaluate("heard.some(([type]) => type === 'refused')")
