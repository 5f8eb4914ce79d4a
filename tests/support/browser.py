"""A real Chromium driven by Playwright, and a page that remembers what went wrong and whom it asked."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support.require import missing

if TYPE_CHECKING:
    from playwright.async_api import Browser as AsyncBrowser
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox, since continuous integration runs as root; its own camera, so that none is needed; nothing asked outside.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


def launch_options(*flags: str, headless: bool = True) -> dict[str, Any]:
    """What Playwright's ``chromium.launch`` needs to start this machine's Chromium; missing it skips the test."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        missing("playwright not installed")
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        missing("chromium not installed")
    return {"executable_path": program, "args": [*FLAGS, *flags], "headless": headless}


@contextmanager
def chromium(*flags: str, headless: bool = True) -> Iterator[Browser]:
    """A browser with a fresh profile, ended with the block. Inside it no event loop can be run in this thread."""
    options = launch_options(*flags, headless=headless)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        try:
            yield browser
        finally:
            browser.close()


@asynccontextmanager
async def async_chromium(*flags: str) -> AsyncIterator[AsyncBrowser]:
    """The same for a test that runs an event loop."""
    options = launch_options(*flags)
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**options)
        try:
            yield browser
        finally:
            await browser.close()


class Complaints:
    """What a page did that it should not: errors, warnings of its console, requests to anybody but its own server."""

    def __init__(self, page: Page) -> None:
        self.heard: list[str] = []
        self._page = page
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.heard.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("response", lambda response: self._response(response.status, response.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.heard.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        asked, own = urlsplit(url), urlsplit(self._page.url)
        if asked.scheme in ("http", "https", "ws", "wss") and own.netloc and asked.netloc != own.netloc:
            self.heard.append(f"asked outside: {url}")

    def _response(self, status: int, url: str) -> None:
        if status >= 400:
            self.heard.append(f"{status}: {url}")
