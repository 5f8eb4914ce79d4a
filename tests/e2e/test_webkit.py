"""The pages in WebKitGTK, whose engine is Safari's: without a camera, and without WebRTC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.values import Affect, NoteEvent, Track
from tests.support.stage import Stage, stage
from tests.support.webkit import WebKit, webkit

pytestmark = pytest.mark.e2e

PLAYING: dict[str, Any] = {
    "phase": "playing",
    "bpm": 120.0,
    "parts": ("bass", "drums"),
    "chord": Chord(3, "maj7", Key(0, "minor")),
    "affect": Affect((0.0, 0.1, 0.7, 0.1, 0.0, 0.1), valence=-0.5, arousal=0.6),
}
LIVE = "document.querySelector('#link').textContent === 'live'"
INK = """(() => {
    const { width, height } = document.querySelector('#roll');
    const { data } = document.querySelector('#roll').getContext('2d').getImageData(0, 0, width, height);
    return data.some((one) => one > 60);
})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[WebKit]:
    with webkit() as browser:
        yield browser


@pytest.fixture
def performance() -> Iterator[Stage]:
    with stage(Track("bass", 1), Track("drums", 10), **PLAYING) as performance:
        yield performance


def test_the_control_page_shows_sounds_obeys_and_comes_back(browser: WebKit, performance: Stage):
    browser.open(performance.address)
    browser.wait_for(LIVE)
    browser.wait_for("document.querySelector('#chord').textContent === 'E♭maj7'")
    browser.wait_for("document.querySelectorAll('#emotions li').length === 6")
    browser.click("#sound")
    now = performance.clock.now()
    performance.play(*(NoteEvent(now + step / 4, 0.5, 36 + step, 90, "bass") for step in range(40)))
    browser.wait_for(INK)
    browser.wait_for("stage.sound.level() > 0.001")
    assert "no Web MIDI" in browser.evaluate("document.querySelector('#midi-says').textContent")
    label, first = "#when .tag", "#when label"
    tops = [
        browser.evaluate(f"document.querySelector('{each}').getBoundingClientRect().top") for each in (label, first)
    ]
    assert tops[0] == tops[1]
    performance.close()
    browser.wait_for(f"!({LIVE})")
    performance.open(**PLAYING)
    browser.wait_for(LIVE)


def test_the_overlay_shows_what_plays(browser: WebKit, performance: Stage):
    browser.open(f"{performance.address}/overlay?position=center&show=chord,mood")
    browser.wait_for("document.querySelector('#overlay:not(.away)') !== null")
    browser.wait_for("document.querySelector('#chord').textContent === 'E♭maj7'")
    assert browser.evaluate("document.querySelector('#mood .word').textContent") == "tense"
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_the_camera_page_says_that_this_browser_cannot_send(browser: WebKit, performance: Stage):
    browser.open(f"{performance.address}/camera")
    if browser.evaluate("typeof RTCPeerConnection") != "undefined":
        pytest.skip("this WebKitGTK has WebRTC")
    browser.wait_for("document.querySelector('#word').textContent === 'not possible here'")
    assert browser.evaluate("document.querySelector('#send').disabled")
