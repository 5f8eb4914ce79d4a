"""What phones, and Safari, do to a page: connections that die unheard, sound that is interrupted, what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.values import Track
from tests.support.browser import chromium
from tests.support.stage import Stage, stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

PHONE = {"width": 390, "height": 844}
PLAYING: dict[str, Any] = {"phase": "playing", "bpm": 120.0, "chord": Chord(3, "maj7", Key(0, "minor"))}
TOKEN = "a-token-of-the-test"
LIVE = "() => document.querySelector('#link').textContent === 'live'"
LOST = "() => document.querySelector('#link').textContent !== 'live'"
SHOWN_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def performance() -> Iterator[Stage]:
    with stage(Track("bass", 1), **PLAYING) as performance:
        yield performance


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport=PHONE) as context:  # type: ignore[arg-type]
        yield context.new_page()


class Line:
    """The page's connections to the performance; the one that is may be let die unheard."""

    def __init__(self, page: Page) -> None:
        self.opened = 0
        self._dead = False
        page.route_web_socket("**/api/v1/events*", self._through)

    def dies(self) -> None:
        """Nothing comes from the server any more, and the browser does not know."""
        self._dead = True

    def _through(self, socket: Any) -> None:
        self.opened += 1
        self._dead = False
        mine, server = self.opened, socket.connect_to_server()
        server.on_message(lambda message: None if self._dead and mine == self.opened else socket.send(message))


# Timers longer than the patience of who comes back never fire, that one soon; held, none of the shorter ones does.
TIMERS = """
    const BACK_MS = 3000; // as session.js has it
    const real = setTimeout;
    globalThis.held = false;
    globalThis.setTimeout = (act, ms = 0) => {
        if (ms > BACK_MS) return 1;
        return real(() => (ms === BACK_MS || !globalThis.held) && act(), ms === BACK_MS ? 20 : ms);
    };
"""


def test_who_comes_back_to_the_page_does_not_wait_for_a_connection_that_died(page: Page, performance: Stage):
    line = Line(page)
    page.add_init_script(TIMERS)
    page.goto(performance.address)
    page.wait_for_function(LIVE)
    line.dies()
    page.evaluate("globalThis.held = true")
    page.evaluate(SHOWN_AGAIN)
    page.wait_for_function(LOST)
    page.evaluate(SHOWN_AGAIN)
    page.wait_for_function(LIVE)
    assert line.opened == 2


# A browser that opens no WebSocket, until it is told to.
BLOCKED = """
    const Real = WebSocket;
    globalThis.WebSocket = class {
        static OPEN = 1;
        constructor(address) {
            if (globalThis.unblocked) return new Real(address);
            setTimeout(() => this.onclose({ code: 1006 }));
        }
        close() {}
    };
"""


def test_a_browser_that_opens_no_live_connection_says_why(page: Page, performance: Stage):
    page.add_init_script(BLOCKED)
    page.goto(performance.address)
    page.wait_for_selector("#lost:not([hidden]) >> text=no live connection")
    page.evaluate("globalThis.unblocked = true")
    page.wait_for_function(LIVE)
    assert page.locator("#lost").is_hidden()


def test_what_is_wrong_with_a_token_stays_to_be_read(page: Page):
    with stage(token=TOKEN) as performance:
        page.goto(performance.address)
        page.fill("#token", "another")
        page.click("#login button")
        says = page.locator("#login .says:not(:empty)")
        said = says.inner_text()
        for _ in range(2):  # it goes on trying to connect, and is refused
            with page.expect_response("**/api/v1/commands"):
                pass
        assert says.inner_text() == said


def test_on_a_phone_the_transport_stays_under_the_thumb_when_the_link_is_lost(page: Page, performance: Stage):
    page.goto(performance.address)
    page.wait_for_function(LIVE)
    performance.close()
    page.wait_for_function("() => document.body.classList.contains('stale')")
    assert page.evaluate("document.querySelector('#transport').getBoundingClientRect().bottom") == PHONE["height"]


@pytest.mark.parametrize("path", ["/", "/camera"])
def test_nothing_is_so_small_that_ios_zooms_into_it(page: Page, performance: Stage, path: str):
    page.goto(performance.address + path)
    sizes = "fields => fields.map(field => parseFloat(getComputedStyle(field).fontSize))"
    assert min(page.locator("input:not([type=range], [type=radio], [type=checkbox]), select").evaluate_all(sizes)) >= 16


def test_what_a_phone_paints_around_the_page_follows_light_and_dark(page: Page, performance: Stage):
    page.goto(performance.address)
    around = page.locator("meta[name=theme-color]")
    before = around.get_attribute("content")
    page.click("#turn")
    assert around.get_attribute("content") != before


INTERRUPTED = """
    globalThis.resumed = 0;
    globalThis.AudioContext = class extends AudioContext {
        now = 'running';
        get state() { return this.now; }
        async resume() { globalThis.resumed += 1; this.now = 'running'; this.onstatechange?.(); }
    };
    Object.defineProperty(navigator, 'audioSession', { value: { type: 'auto' } });
"""


def test_sound_that_the_system_interrupted_goes_on_when_the_page_is_shown_again(page: Page, performance: Stage):
    page.add_init_script(INTERRUPTED)
    page.goto(performance.address)
    page.evaluate(SHOWN_AGAIN)
    assert page.evaluate("stage.sound.context") is None  # nobody wanted it
    page.click("#sound")
    page.wait_for_selector("#sound >> text=Sound on")
    assert page.evaluate("navigator.audioSession.type") == "playback"
    page.evaluate("stage.sound.context.now = 'interrupted', stage.sound.context.onstatechange()")
    assert page.inner_text("#sound") == "Sound interrupted"
    page.evaluate(SHOWN_AGAIN)
    page.wait_for_selector("#sound >> text=Sound on")
    assert page.evaluate("resumed") == 2


def test_a_browser_without_midi_says_so_instead_of_offering_it(page: Page, performance: Stage):
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'requestMIDIAccess', { value: undefined })")
    page.goto(performance.address)
    page.wait_for_selector("#midi-says >> text=Safari")
    assert page.locator("#midi").is_hidden()


def test_a_browser_without_webrtc_is_told_apart_from_a_server_that_is_not_there(page: Page, performance: Stage):
    page.add_init_script("delete globalThis.RTCPeerConnection")
    page.goto(f"{performance.address}/camera")
    page.wait_for_selector("#word >> text=not possible here")
    assert "cannot send a camera" in page.inner_text("#problem")
    assert page.locator("#send").is_disabled()


WHAT_IS_ASKED = """
    globalThis.asked = [];
    const locks = { request: async () => (asked.push('lock'), { release: async () => asked.push('released') }) };
    Object.defineProperty(navigator, 'wakeLock', { value: locks });
    navigator.mediaDevices.getUserMedia = async () => {
        asked.push("camera");
        throw new DOMException('', 'NotAllowedError');
    };
"""


def test_the_screen_is_kept_awake_while_the_press_is_fresh(page: Page, performance: Stage):
    """WebKit grants no wake lock to a page that asks for it after the visitor has thought about the camera."""
    page.add_init_script(WHAT_IS_ASKED)
    page.goto(f"{performance.address}/camera")
    page.click("#send")
    page.wait_for_selector("#problem >> text=may not use the camera")
    assert page.evaluate("asked") == ["lock", "camera", "released"]
