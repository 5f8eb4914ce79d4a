"""The overlay in a real Chromium, over a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.values import Affect, NoteEvent, Track
from tests.support.browser import Complaints, chromium
from tests.support.pictures import read_png
from tests.support.stage import Stage, stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

C_MINOR = Key(0, "minor")
TENSE = Affect((0.0, 0.1, 0.7, 0.1, 0.0, 0.1), valence=-0.5, arousal=0.6)
SAD = Affect((0.0, 0.1, 0.1, 0.7, 0.0, 0.1), valence=-0.6, arousal=-0.5)
TRACKS = (Track("bass", 1), Track("drums", 10))
PLAYING: dict[str, Any] = {
    "phase": "playing",
    "bpm": 120.0,
    "parts": ("bass", "drums"),
    "chord": Chord(3, "maj7", C_MINOR),
    "next_chord": Chord(7, "7", C_MINOR),
    "key": C_MINOR,
    "affect": TENSE,
}
PATIENCE = 200  # looks, 50 ms apart
SHOWN = "#overlay:not(.away)"
# How often each canvas was painted: every painting begins by clearing it.
COUNTING = """
    window.painted = {};
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      window.painted[this.canvas.id] = (window.painted[this.canvas.id] ?? 0) + 1;
      return clear.apply(this, box);
    };
"""
COUNT = """
    (seconds) => new Promise((done) => {
      window.painted = {};
      const begun = performance.now();
      setTimeout(() => done([(performance.now() - begun) / 1000, window.painted]), 1000 * seconds);
    })
"""
# Dress an open page by another query, without loading it again.
AGAIN = """
    async (query) => {
      const { applyOptions, readOptions } = await import("/web/overlay-options.js");
      applyOptions(readOptions(query, console.warn));
    }
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def performance() -> Iterator[Stage]:
    with stage(*TRACKS, **PLAYING) as performance:
        yield performance


Overlay = Callable[..., "Page"]


@pytest.fixture
def overlay(browser: Browser, performance: Stage) -> Iterator[Overlay]:
    """Opens the page by a query, and waits until it shows something."""
    with browser.new_context(viewport={"width": 480, "height": 160}) as context:
        context.add_init_script(COUNTING)

        def open_page(query: str = "", *, width: int = 480, height: int = 160, hear: Any = None) -> Page:
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": height})
            if hear is not None:
                page.on("console", lambda message: hear.append(message.text))
            page.goto(f"{performance.address}/overlay{query}")
            page.wait_for_selector(SHOWN)
            return page

        yield open_page


def picture(page: Page) -> NDArray[np.uint8]:
    """What is seen of the page, RGBA [height, width, 4]."""
    return read_png(page.screenshot(omit_background=True))


def words(page: Page, *names: str) -> list[str]:
    return [page.locator(f"#{name}").inner_text().replace("\n", "") for name in names]


def test_all_but_the_plate_is_transparent(overlay: Overlay) -> None:
    seen = picture(overlay("?position=center", width=800, height=400))[..., 3]
    assert [seen[y, x] for y in (0, -1) for x in (0, -1)] == [0, 0, 0, 0]
    assert seen[200, 400] > 0
    assert (seen == 0).mean() > 0.5


def test_it_shows_the_chord_the_next_one_the_key_and_the_mood(overlay: Overlay, performance: Stage) -> None:
    page = overlay()
    page.wait_for_selector("#chord >> text=maj7")
    assert words(page, "chord", "next", "key", "mood") == ["E♭maj7", "G7", "C minor", "tense"]
    performance.update(chord=Chord(7, "7", C_MINOR), next_chord=None, affect=SAD)
    page.wait_for_selector("#mood >> text=sad")
    assert words(page, "chord") == ["G7"]
    assert not page.locator("#next").is_visible()


def test_the_colour_is_the_moods(overlay: Overlay, performance: Stage) -> None:
    def color() -> Any:
        return page.evaluate("getComputedStyle(document.querySelector('.dot')).backgroundColor.match(/\\d+/g)")

    page = overlay()
    red, _, blue = map(int, color())
    assert red > blue
    performance.update(affect=SAD)
    page.wait_for_selector("#mood >> text=sad")
    red, _, blue = map(int, color())
    assert blue > red


def test_an_open_page_neither_complains_nor_asks_anybody_else(browser: Browser, performance: Stage) -> None:
    with browser.new_page() as page:
        complaints = Complaints(page)
        page.goto(f"{performance.address}/overlay")
        page.wait_for_selector(SHOWN)
        assert complaints.heard == []


def test_it_lies_where_it_was_anchored(overlay: Overlay) -> None:
    page = overlay("?position=top-left&show=chord", width=900, height=500)
    for down, along in product(("top", "", "bottom"), ("left", "", "right")):
        position = "-".join(word for word in (down, along) if word) or "center"
        page.evaluate(AGAIN, f"?position={position}&margin=20&show=chord")
        box = page.locator("#overlay").bounding_box()
        assert box is not None
        left, top = {"left": 20.0, "right": 880 - box["width"]}, {"top": 20.0, "bottom": 480 - box["height"]}
        assert box["x"] == pytest.approx(left.get(along, 450 - box["width"] / 2), abs=1), position
        assert box["y"] == pytest.approx(top.get(down, 250 - box["height"] / 2), abs=1), position


def test_it_fits_the_size_that_is_advised(overlay: Overlay) -> None:
    page = overlay()
    box = page.locator("#overlay").bounding_box()
    assert box is not None
    assert box["x"] >= 16 and box["x"] + box["width"] <= 464
    assert box["y"] >= 16 and box["y"] + box["height"] <= 144


def test_it_shows_only_what_was_asked_for(overlay: Overlay) -> None:
    page = overlay("?show=mood,pulse")
    visible = page.evaluate("[...document.querySelectorAll('[data-show]')].filter(e => e.offsetParent).map(e => e.id)")
    assert visible == ["mood", "pulse"]


def test_scale_and_font_enlarge(overlay: Overlay) -> None:
    def size(query: str) -> tuple[float, float]:
        page = overlay(query, width=1920, height=1080)
        box = page.locator("#notes").bounding_box()
        assert box is not None
        return box["width"], float(page.evaluate("parseFloat(getComputedStyle(chord).fontSize)"))

    width, font = size("")
    assert size("?scale=2") == (2 * width, 2 * font)
    assert size("?font=28") == (width, 28)


def test_wrong_parameters_are_told_to_the_console_and_change_nothing(overlay: Overlay) -> None:
    query = (
        "?position=<b>top</b>&theme=red&accent=url(evil)&scale=9e9&font=-3&margin=1px&fps=60&show=chord,cat"
        "&plate=&constructor=1&nonsense=<img src=x onerror=alert(1)>"
    )
    heard: list[str] = []
    page, usual = overlay(query, hear=heard), overlay()
    assert len([line for line in heard if line.startswith("overlay: ")]) == 11
    assert any('"fps=60" is ignored, expected a number from 1 to 30' in line for line in heard)
    assert page.locator("#overlay").bounding_box() == usual.locator("#overlay").bounding_box()
    assert page.locator("img, b").count() == 0
    assert page.evaluate("document.documentElement.outerHTML.includes('evil')") is False


def test_themes_and_accents_are_seen(overlay: Overlay) -> None:
    def ink(page: Page) -> Any:
        return page.evaluate("getComputedStyle(overlay).color")

    assert ink(overlay()) == "rgb(255, 255, 255)"
    assert ink(overlay("?theme=light")) == "rgb(18, 20, 28)"
    seen = picture(overlay("?show=pulse&accent=f80&plate=none"))
    orange = (seen[..., 0] > 240) & (abs(seen[..., 1].astype(int) - 0x88) < 12) & (seen[..., 2] < 20)
    assert orange.any()


def test_notes_flow_by_as_they_sound(overlay: Overlay, performance: Stage) -> None:
    ribbon = "[...notes.getContext('2d').getImageData(0, 0, notes.width, notes.height).data].some((v) => v > 0)"
    page = overlay("?show=notes")
    assert page.evaluate(ribbon) is False
    performance.play(NoteEvent(performance.clock.now(), 60.0, 60, 100, "bass"))
    for _ in range(PATIENCE):
        if page.evaluate(ribbon):
            return
        page.wait_for_timeout(50)
    pytest.fail("no note was seen")


@pytest.mark.parametrize(("query", "most"), [("", 10), ("?fps=5", 5)])
def test_it_paints_no_more_often_than_it_may(overlay: Overlay, performance: Stage, query: str, most: int) -> None:
    page = overlay(query)
    performance.play(NoteEvent(performance.clock.now(), 60.0, 60, 100, "bass"))
    seconds, painted = page.evaluate(COUNT, 1.5)
    assert 1 < painted["notes"] <= most * seconds + 2
    assert painted["pulse"] <= most * seconds + 2


def test_nothing_is_painted_while_nothing_changes(overlay: Overlay, performance: Stage) -> None:
    performance.update(phase="resting")
    page = overlay()
    page.evaluate(COUNT, 0.5)
    performance.update(time=performance.clock.now())  # the clock goes on, and is told
    _, painted = page.evaluate(COUNT, 1.0)
    assert painted == {}


def test_it_fades_without_a_server_and_comes_back_with_the_state_of_then(overlay: Overlay, performance: Stage) -> None:
    heard: list[str] = []
    page = overlay(hear=heard)
    performance.close()
    page.wait_for_selector("#overlay.away", state="attached")
    assert any("overlay: not connected; it goes on trying" in line for line in heard)
    performance.open(*TRACKS, **PLAYING | {"chord": Chord(9, "min", C_MINOR)})
    page.wait_for_selector(SHOWN)
    assert words(page, "chord") == ["Am"]


def test_a_server_with_another_token_is_told_to_the_console_only(overlay: Overlay, performance: Stage) -> None:
    performance.close()
    performance.open(*TRACKS, token="a-long-enough-token", **PLAYING)
    heard: list[str] = []
    page = overlay("#token=a-long-enough-token", hear=heard)
    assert "token" not in page.url
    for another, shown in (("b-long-enough-token", False), ("a-long-enough-token", True)):
        performance.close()
        performance.open(*TRACKS, token=another, **PLAYING)
        page.wait_for_selector(SHOWN if shown else "#overlay.away", state="attached")
    assert sum("a token is needed" in line and line.startswith("overlay: ") for line in heard) == 1
