"""A browser's camera becomes notes on a real port; a WHIP client of somebody else's publishes here too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from stream_v2m.control.route import Handler, Route
from stream_v2m.control.whip import Whip
from stream_v2m.sources.inlet import Inlet
from tests.support.browser import Complaints, async_chromium, chromium
from tests.support.jack import Listener, jack_server
from tests.support.npm import bundle, installed
from tests.support.publisher import running_inlet, until
from tests.support.served_performance import served_performance
from tests.support.serving import Served, serving

pytestmark = pytest.mark.e2e

PATIENCE_MS = 30_000
PHONE = {"width": 390, "height": 844}
CLIENT = "@eyevinn/whip-web-client"
TOKEN = "a-token-of-the-test"


@asynccontextmanager
async def taking(*, origins: Sequence[str] = (), **config: Any) -> AsyncIterator[tuple[Served, Inlet]]:
    """A server that takes pictures, and where they arrive."""
    async with running_inlet() as inlet:
        routes = Whip(inlet.publish, inlet.unpublish, origins=origins).routes()
        async with serving(routes=routes, **config) as served:
            yield served, inlet


@pytest.fixture
def listener() -> Iterator[Listener]:
    with jack_server():
        listening = Listener("peer")
        yield listening
        listening.close()


def test_a_camera_of_a_page_plays_until_it_is_stopped(listener: Listener) -> None:
    with served_performance("webrtc:", "--to", "virtual:camera") as url, chromium() as browser:
        listener.connect("camera")
        page = browser.new_page(viewport=PHONE)
        complaints = Complaints(page)
        page.goto(f"{url}/camera")
        assert page.inner_text("#word") == "not sending"
        assert not listener.note_ons()
        page.click("#send")
        page.wait_for_selector('#state[data-state="live"]', timeout=PATIENCE_MS)
        page.wait_for_selector("#figures:not([hidden])", timeout=PATIENCE_MS)
        listener.wait_for_notes(8)
        assert "×" in page.inner_text("#size")
        page.click("#send")
        page.wait_for_selector('#state[data-state="idle"]', timeout=PATIENCE_MS)
        assert complaints.heard == []
    listener.wait_for_silence()


def test_a_camera_beside_a_film_is_followed_when_its_visitor_asks() -> None:
    with served_performance("film=film:seconds=600", "webrtc:", "--to", "virtual") as url, chromium() as browser:
        page = browser.new_page(viewport=PHONE)
        page.goto(f"{url}/camera")
        page.click("#send")
        page.click("#follow", timeout=PATIENCE_MS)
        page.wait_for_function(
            "async () => (await (await fetch('/api/v1/state')).json()).state.source.name === 'webrtc:'",
            timeout=PATIENCE_MS,
        )
        page.wait_for_selector("#follow", state="hidden", timeout=PATIENCE_MS)


async def test_a_second_page_is_refused_and_takes_over_on_purpose() -> None:
    async with async_chromium() as browser, taking() as (served, inlet):
        first, second = await browser.new_page(), await browser.new_page()
        for page in (first, second):
            await page.goto(f"{served.url}/camera")
            await page.click("#send")
            await page.wait_for_selector('#state:not([data-state="connecting"])', timeout=PATIENCE_MS)
        assert await first.inner_text("#word") == "live"
        assert await second.inner_text("#word") == "somebody else is sending"
        await second.click("#takeover")
        await second.wait_for_selector('#state[data-state="live"]', timeout=PATIENCE_MS)
        await first.wait_for_selector("#takeover:not([hidden])", timeout=PATIENCE_MS)
        assert await second.inner_text("#word") == "live"
        await second.close()
        await until(lambda: not inlet.publishing, "the end of a page that was closed")


async def test_a_page_asks_for_the_token_and_comes_back_after_a_restart() -> None:
    async with async_chromium() as browser:
        page = await browser.new_page()
        async with taking(token=TOKEN) as (served, _):
            await page.goto(f"{served.url}/camera")
            await page.click("#send")
            await page.fill("#token", TOKEN, timeout=PATIENCE_MS)
            await page.click("#login button")
            await page.wait_for_selector('#state[data-state="live"]', timeout=PATIENCE_MS)
            port = served.server.port
        await page.wait_for_selector('#state[data-state="connecting"]', timeout=PATIENCE_MS)
        async with taking(token=TOKEN, port=port) as (_, inlet):
            await page.wait_for_selector('#state[data-state="live"]', timeout=PATIENCE_MS)
            assert inlet.publishing


async def test_a_page_that_was_left_and_is_come_back_to_sends_again() -> None:
    """As Safari does it: the page is kept as it was, and told that it is shown again."""
    tell = "(what) => dispatchEvent(new PageTransitionEvent(what, { persisted: true }))"
    async with async_chromium() as browser, taking() as (served, inlet):
        page = await browser.new_page()
        await page.goto(f"{served.url}/camera")
        await page.click("#send")
        await until(lambda: inlet.publishing, "a page that sends")
        await page.evaluate(tell, "pagehide")
        await until(lambda: not inlet.publishing, "the end of a page that is left")
        await page.evaluate(tell, "pageshow")
        await until(lambda: inlet.publishing, "a page that sends again")
        await page.wait_for_selector('#state[data-state="live"]', timeout=PATIENCE_MS)


async def test_a_whip_client_of_another_page_publishes_with_the_token(tmp_path: Path) -> None:
    script = bundle(installed(f"{CLIENT}@1.1.7", tmp_path), CLIENT)
    page_script = """\
const [endpoint, authkey] = decodeURIComponent(location.hash.slice(1)).split(" ");
const client = new bundled.WHIPClient({ endpoint, opts: { authkey, iceServers: [], timeout: 500 } });
const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
await client.ingest(stream);
document.title = "ingesting";
"""
    html = '<!doctype html><script src="/bundle.js"></script><script type="module" src="/page.js"></script>'
    pages = [
        Route("GET", "/publish", _gives(html, "text/html"), public=True),
        Route("GET", "/bundle.js", _gives(script, "text/javascript"), public=True),
        Route("GET", "/page.js", _gives(page_script, "text/javascript"), public=True),
    ]
    async with (
        serving(routes=pages) as elsewhere,
        taking(origins=[elsewhere.url], token=TOKEN) as (served, inlet),
        async_chromium() as browser,
    ):
        page = await browser.new_page()
        source = inlet.source()
        opening = asyncio.create_task(asyncio.to_thread(source.open))
        try:
            await page.goto(f"{elsewhere.url}/publish#{served.url}/whip%20{TOKEN}")
            async with asyncio.timeout(PATIENCE_MS / 1000):
                info = await asyncio.shield(opening)
        finally:
            source.close()
        assert info.width > info.height > 0


def _gives(text: str, kind: str) -> Handler:
    async def give(request: web.Request) -> web.Response:
        allowed = {"Content-Security-Policy": "default-src * 'self'", "Permissions-Policy": "microphone=*, camera=*"}
        return web.Response(text=text, content_type=kind, headers=allowed)

    return give
