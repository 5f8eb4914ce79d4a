import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.support.browser import Complaints, chromium, launch_options

pytestmark = pytest.mark.e2e

PATIENCE = 60.0  # seconds that a page or a performance may take on a busy machine
TOUCH = 44  # pixels
LIVE = "() => document.querySelector('#link').textContent === 'live'"


class Stage:
    """A performance of the synthetic film that is served, and a browser."""

    def __init__(self, url: str, browser: Any) -> None:
        self.url, self.browser = url, browser

    def state(self) -> dict[str, Any]:
        with urlopen(f"{self.url}/api/v1/state") as answer:
            state: dict[str, Any] = json.load(answer)["state"]
        return state

    def comes(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        """Return when the performance's state is so."""
        end = time.monotonic() + PATIENCE
        while not condition(self.state()):
            assert time.monotonic() < end, self.state()
            time.sleep(0.05)

    def blank(self, **options: Any) -> Any:
        """A page of a context of its own, in which nothing is open yet."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        return context.new_page()

    @contextmanager
    def page(self, *, width: int = 1440, height: int = 900, script: str = "", live: bool = True) -> Iterator[Any]:
        """The control page in a window of its own; it must not complain."""
        page = self.blank(viewport={"width": width, "height": height})
        complaints = Complaints(page)
        if script:
            page.add_init_script(script)
        page.goto(self.url)
        if live:
            page.wait_for_function(LIVE)
        yield page
        assert complaints.heard == []
        page.context.close()


def sockets_of(page: Any, address: str) -> list[Any]:
    """The page's WebSockets to this address, as they come; who closes one has it lose its connection."""
    sockets: list[Any] = []

    def through(socket: Any) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket(address, through)
    return sockets


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    launch_options()  # skips before anything is started
    take = tmp_path_factory.mktemp("stage") / "take.mid"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STREAM_V2M_")}
    command = [sys.executable, "-m", "stream_v2m.cli.main", "serve", "film:seconds=3000", "--port", "0", "--quiet"]
    serving = subprocess.Popen(
        [*command, "--to", f"file:{take}"], stdout=subprocess.PIPE, text=True, env=environment, cwd=Path.cwd()
    )
    try:
        assert serving.stdout is not None
        words = serving.stdout.readline().split()
        assert words, "it did not start"
        with chromium() as browser:
            stage = Stage(words[-1], browser)
            stage.comes(lambda state: state["chord"] is not None)
            yield stage
    finally:
        serving.terminate()
        serving.communicate()


def test_the_page_shows_picture_mood_chords_and_notes_and_complains_of_nothing(stage: Stage):
    with stage.page() as page:
        page.wait_for_function("() => /^[A-G]/.test(document.querySelector('#chord').textContent)")
        page.wait_for_function("() => document.querySelectorAll('#emotions li').length === 6")
        page.wait_for_function("() => document.querySelector('#nothing').hidden")
        page.wait_for_function("() => document.querySelectorAll('#history li').length > 0")
        named = page.locator(".part .name").all_inner_texts()
        assert named == stage.state()["parts"]
        shown = page.evaluate("() => [stage.model.state.chord, document.querySelector('#chord').dataset.name]")
        assert shown[0] == shown[1]
        page.wait_for_function(
            """() => {
                const {width, height} = document.querySelector('#roll');
                const ink = document.querySelector('#roll').getContext('2d').getImageData(0, 0, width, height).data;
                const seen = new Set();
                for (let at = 0; at < ink.length; at += 4) if (ink[at + 3] > 60) seen.add(`${ink[at]},${ink[at + 1]}`);
                return seen.size > 5;
            }"""
        )


def test_a_click_on_a_control_changes_the_performance(stage: Stage):
    with stage.page() as page:
        part = stage.state()["parts"][0]
        for selector, changed in (
            ("#hold", lambda controls: controls["hold"]),
            (f"[aria-label='mute {part}']", lambda controls: controls["muted"] == [part]),
            (f"[aria-label='solo {part}']", lambda controls: controls["soloed"] == [part]),
            ("#up", lambda controls: controls["transpose"] == 1),
            ("#freeze", lambda controls: controls["range_frozen"]),
            ("#play", lambda controls: not controls["playing"]),
        ):
            page.locator(selector).click()
            stage.comes(lambda state, changed=changed: changed(state["controls"]))
        page.wait_for_function("() => document.querySelector('#play').textContent === 'Play'")
        for selector in ("#hold", f"[aria-label='mute {part}']", f"[aria-label='solo {part}']", "#freeze", "#play"):
            page.locator(selector).click()
        stage.comes(lambda state: state["controls"]["playing"] and not state["controls"]["soloed"])
        page.locator("#style").select_option("ballad")
        page.locator("#lock-key").select_option("Eb minor")
        page.locator("#lock-scale").select_option("dorian")
        page.locator("#tempo").fill("97")
        page.locator("#tempo").press("Enter")
        page.get_by_role("slider", name="mood steers").fill("0.8")
        stage.comes(lambda state: state["controls"]["style"] == "ballad" and state["controls"]["bpm"] == 97)
        stage.comes(lambda state: (state["controls"]["key"], state["controls"]["scale"]) == ("Eb minor", "dorian"))
        stage.comes(lambda state: state["controls"]["affect_strength"] == 0.8)
        page.locator("#style").select_option("arpeggio")
        page.locator("#lock-key").select_option("")
        page.locator("#lock-scale").select_option("")
        stage.comes(lambda state: state["parts"][0] == part and state["controls"]["key"] is None)


def test_the_keyboard_alone_reaches_every_control_and_its_letters_are_commands(stage: Stage):
    with stage.page() as page:
        expected = page.evaluate(
            """() => [...document.querySelectorAll('button, select, summary, input')]
                .filter((node) => node.checkVisibility() && !node.disabled && (node.type !== 'radio' || node.checked))
                .map((node) => node.id || node.ariaLabel || node.outerHTML)"""
        )
        reached = []
        while len(reached) < 2 * len(expected) and (not reached or reached[-1] != "BODY"):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate(
                    """() => {
                        const here = document.activeElement;
                        const seen = here.type === 'radio' ? here.nextElementSibling : here;
                        if (here !== document.body && getComputedStyle(seen).outlineStyle === 'none') return 'unseen';
                        return here === document.body ? 'BODY' : here.id || here.ariaLabel || here.outerHTML;
                    }"""
                )
            )
        assert set(expected) <= set(reached)
        assert "unseen" not in reached
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("h")
        stage.comes(lambda state: state["controls"]["hold"])
        page.keyboard.press("h")
        page.keyboard.press("Shift+ArrowUp")
        stage.comes(lambda state: state["controls"]["transpose"] == 2 and not state["controls"]["hold"])
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("1")
        stage.comes(lambda state: state["controls"]["muted"] == state["parts"][:1])
        page.keyboard.press("1")
        page.keyboard.press("?")
        assert page.locator("#keys").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("q")
        assert page.locator("#quitting").is_visible()
        page.keyboard.press("Enter")  # the focus is on going on
        assert not page.locator("#quitting").is_visible()
        page.locator("#hold").focus()
        page.keyboard.press("Space")  # a button that has the focus keeps its own keys
        stage.comes(lambda state: state["controls"]["hold"] and state["controls"]["playing"])
        page.keyboard.press("Space")
        stage.comes(lambda state: not state["controls"]["hold"] and not state["controls"]["muted"])


def test_a_refused_command_is_said_beside_its_control_and_what_is_wins(stage: Stage):
    with stage.page() as page:
        before = stage.state()["controls"]["bpm"]
        page.locator("#tempo").fill("999")
        page.locator("#tempo").press("Enter")
        says = page.locator(".tempo .says")
        page.wait_for_function("() => document.querySelector('.tempo .says').textContent.includes('300')")
        assert "bpm" in says.inner_text()
        assert says.get_attribute("role") == "status"
        page.evaluate("document.activeElement.blur()")
        page.wait_for_function(f"() => Number(document.querySelector('#tempo').value) === {before}")


def test_a_command_that_waits_for_the_bar_is_shown_until_it_is_obeyed(stage: Stage):
    with stage.page() as page:
        page.evaluate(
            """() => {
                globalThis.waits = [];
                stage.model.on('state', () => waits.push(document.querySelector('#waiting').textContent));
            }"""
        )
        page.evaluate("stage.desk.command('set_tempo', {bpm: 30})")
        stage.comes(lambda state: state["bpm"] == 30)
        page.keyboard.press("b")
        page.keyboard.press("b")
        assert page.locator("input[value=bar]").is_checked()
        page.wait_for_function("() => stage.model.beat() % 4 < 2")  # four seconds and more until the bar
        page.keyboard.press("h")
        stage.comes(lambda state: state["controls"]["hold"])
        page.wait_for_function("() => waits.at(-1) === ''")
        assert "waits: hold" in page.evaluate("waits")
        page.keyboard.press("b")
        page.keyboard.press("h")
        page.evaluate("stage.desk.command('set_tempo', {bpm: 120})")
        stage.comes(lambda state: not state["controls"]["hold"] and state["bpm"] == 120)


def test_a_command_that_the_page_does_not_know_gets_a_form_made_from_its_schema(stage: Stage):
    fly = {
        "description": "Take off.",
        "type": "object",
        "properties": {
            "when": {"enum": ["now", "beat", "bar"], "default": "now", "type": "string"},
            "height": {"type": "number", "minimum": 0, "maximum": 9},
            "wings": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 2},
            "mode": {"$ref": "#/$defs/Mode"},
            "loop": {"type": "boolean", "default": True},
            "extra": {"type": "object", "default": {}},
        },
        "$defs": {"Mode": {"enum": ["up", "down"], "type": "string"}},
        "required": ["height"],
    }
    page = stage.blank()

    def answer(route: Any) -> None:
        schemas = route.fetch().json()
        route.fulfill(json={**schemas, "fly": fly})

    page.route("**/api/v1/commands", answer)
    page.goto(stage.url)
    page.locator("summary").click()
    form = page.get_by_role("form", name="fly")
    form.get_by_label("height").fill("3.5")
    form.get_by_label("mode").select_option("down")
    form.get_by_label("extra").fill('{"a": 1}')
    given = page.evaluate(
        """() => new Promise((resolve) => {
            stage.desk.send = (name, given) => Promise.resolve(resolve([name, given]));
            document.querySelector('form[aria-label=fly] button').click();
        })"""
    )
    assert given == ["fly", {"height": 3.5, "wings": 2, "mode": "down", "loop": True, "extra": {"a": 1}}]
    placed = page.evaluate("import('/web/control-controls.js').then(({PLACED}) => [...PLACED])")
    forms = page.locator("form.command").evaluate_all("forms => forms.map(form => form.ariaLabel)")
    with urlopen(f"{stage.url}/api/v1/commands") as commands:
        assert set(json.load(commands)) <= {*placed, *forms}
    page.context.close()


def test_the_page_sounds_what_is_played_and_is_silent_after_panic(stage: Stage):
    with stage.page() as page:
        assert page.evaluate("stage.sound.context") is None
        page.locator("#sound").click()
        page.wait_for_function("() => stage.sound.scheduled > 3")
        page.wait_for_function("() => stage.sound.level() > 0.002")
        page.locator("#play").click()
        stage.comes(lambda state: not state["controls"]["playing"])
        page.locator("#panic").click()
        page.wait_for_function("() => stage.sound.instrument.sounding === 0")
        page.wait_for_function("() => stage.sound.level() < 0.001")  # the room has died away
        page.locator("#play").click()
        page.locator("#sound").click()
        page.wait_for_function("() => !stage.sound.on")
        stage.comes(lambda state: state["controls"]["playing"])


NO_DEVICE = """
    globalThis.AudioContext = class extends AudioContext {
        state = 'suspended';
        resume() { return new Promise(() => {}); }
    };
"""


def test_a_browser_without_a_sound_device_says_so(stage: Stage):
    """As Firefox does without one: it never starts, and never refuses."""
    with stage.page(script=NO_DEVICE) as page:
        page.locator("#sound").click()
        page.wait_for_function("() => document.querySelector('#sound').textContent === 'No sound device'")
        page.evaluate("stage.sound.context.state = 'running'")
        page.evaluate("stage.sound.context.onstatechange()")
        assert page.locator("#sound").inner_text() == "Sound on"


def test_the_instrument_never_clips_and_a_released_note_ends_without_a_click(stage: Stage):
    """Eight of the loudest notes of six voices at once are more than any style plays."""
    with stage.page() as page:
        peak, loud, tail, jump = page.evaluate(
            """async () => {
                const { Instrument } = await import('/web/sound.js');
                const context = new OfflineAudioContext(2, 48000, 48000);
                const instrument = new Instrument(context);
                for (const kind of ['bass', 'pad', 'keys', 'pluck', 'brass', 'kit'])
                    for (const pitch of [36, 43, 48, 52, 55, 60, 64, 67])
                        instrument.strike({ kind, part: kind, pitch, velocity: 127, at: 0.05, duration: 5 });
                instrument.release(null, 0.5);
                const sound = (await context.startRendering()).getChannelData(0);
                const most = (from, to, of) => {
                    let top = 0;
                    for (let at = from * 48000 + 1; at < to * 48000; at += 1) top = Math.max(top, Math.abs(of(at)));
                    return top;
                };
                const [value, step] = [(at) => sound[at], (at) => sound[at] - sound[at - 1]];
                const jump = most(0.5, 0.6, step) / most(0.3, 0.5, step);
                return [most(0, 1, value), most(0.1, 0.5, value), most(0.95, 1, value), jump];
            }"""
        )
    assert 0.3 < loud <= peak < 1
    assert tail < 0.25 * loud  # what is left is the room
    assert jump < 1.05


MIDI = """async () => {
    const { MidiOut } = await import('/web/webmidi.js');
    const sent = [];
    const output = { send: (data, at) => sent.push([[...data], at]) };
    let clock = 1000; // ms, at session second 5
    const midi = new MidiOut({ moment: (second) => 1000 + (second - 5) * 1000, clock: () => clock, delay: 1 / 32 });
    midi.use(output);
    midi.accept([
        { due: 5 + 1 / 32, data: [0x90, 60, 100], release: 5 + 2 / 32 },
        { due: 5 + 1 / 32, data: [0xb0, 7, 90], release: null },
        { due: 5 + 2 / 32, data: [0x90, 60, 80], release: 6 },
        { due: 5.5, data: [0x91, 40, 70], release: 7 },
        { due: 8, data: [0x92, 41, 70], release: 9 },
    ]);
    const soon = sent.splice(0);
    clock = 1500;
    midi.pump();
    const later = sent.splice(0);
    clock = 1510;
    midi.release();
    const released = sent.splice(0);
    clock = 9000;
    midi.pump();
    const left = midi.sounding;
    midi.use(null);
    return { soon, later, released, after: sent.splice(0), left };
}"""


def test_a_midi_port_of_the_browser_gets_every_message_with_its_moment(stage: Stage):
    """With an output that only listens: no port of the system's is to be had where a browser has no ALSA."""
    with stage.page() as page:
        heard = page.evaluate(MIDI)
    assert heard["soon"] == [
        [[0x90, 60, 100], 1062.5],
        [[0xB0, 7, 90], 1062.5],
        [[0x80, 60, 0], 1093.75],
        [[0x90, 60, 80], 1093.75],
    ]
    assert heard["later"] == [[[0x91, 40, 70], 1531.25]]
    # the second note was handed over for a moment to come: it cannot end before it begins
    assert heard["released"][:2] == [[[0x80, 60, 0], 1510], [[0x81, 40, 0], 1531.25]]
    assert sorted(heard["released"][2:]) == [
        [[0xB0, 64, 0], 1531.25],
        [[0xB0, 123, 0], 1531.25],
        [[0xB1, 64, 0], 1531.25],
        [[0xB1, 123, 0], 1531.25],
    ]
    assert heard["after"] == []
    assert heard["left"] == 0


FAKE_PORT = """
    globalThis.sent = [];
    globalThis.sentToOther = [];
    const into = (list) => (data, at) => list.push([[...data], at]);
    const port = { id: 'one', name: 'A synth', type: 'output', send: into(sent) };
    const other = { id: 'two', name: 'Another', type: 'output', send: into(sentToOther) };
    const access = { outputs: new Map([['one', port], ['two', other]]) };
    Object.defineProperty(navigator, 'requestMIDIAccess', { value: async () => access });
"""


def test_a_chosen_midi_port_plays_along_and_is_left_silent(stage: Stage):
    with stage.page(script=FAKE_PORT) as page:
        page.locator("#midi").click()
        page.locator("#port").select_option("one")
        page.wait_for_function("() => sent.filter(([data]) => data[0] >> 4 === 9).length > 6")
        page.locator("#port").select_option("")
        messages = page.evaluate("sent")
        assert page.evaluate("stage.midi.sounding") == 0
    sounding: set[tuple[int, int]] = set()
    for (status, pitch, *_), _ in messages:
        note = (status & 0x0F, pitch)
        if status >> 4 == 9:
            assert note not in sounding
            sounding.add(note)
        elif status >> 4 == 8:
            sounding.discard(note)
    assert not sounding
    assert [at for (status, *_), at in messages if status >> 4 == 9] == sorted(
        at for (status, *_), at in messages if status >> 4 == 9
    )


def sounds(messages: list[Any]) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """Programs by channel, and channels with controllers, that come before the first note; none may be for later."""
    programs: dict[int, int] = {}
    controllers: set[tuple[int, int]] = set()
    for (status, first, *_), at in messages:
        if status >> 4 == 9:
            break
        assert at >= 0
        if status >> 4 == 0xC:
            programs[status & 0x0F] = first
        elif status >> 4 == 0xB:
            controllers.add((status & 0x0F, first))
    return programs, controllers


def test_a_port_that_is_chosen_later_and_every_new_connection_gets_the_sounds_before_the_first_note(stage: Stage):
    tracks = {track["channel"] - 1: track["program"] for track in reversed(stage.state()["tracks"])}
    lasting = {(channel, controller) for channel in tracks for controller in (7, 10, 11, 91)}
    heard = "(sent) => sent.some(([[status]]) => status >> 4 === 9)"
    page = stage.blank()
    sockets = sockets_of(page, "**/api/v1/events*midi=1*")
    page.add_init_script(FAKE_PORT)
    page.goto(stage.url)
    page.wait_for_function(LIVE)
    page.locator("#midi").click()
    page.locator("#port").select_option("one")
    page.wait_for_function(f"() => ({heard})(sent)")
    programs, controllers = sounds(page.evaluate("sent"))
    assert programs.items() >= tracks.items()  # channels of a style before may be told too
    assert controllers >= lasting
    page.locator("#port").select_option("two")
    page.wait_for_function(f"() => ({heard})(sentToOther)")
    programs, controllers = sounds(page.evaluate("sentToOther"))
    assert programs.items() >= tracks.items()  # channels of a style before may be told too
    assert controllers >= lasting
    page.evaluate("globalThis.before = sentToOther.length")
    assert len(sockets) == 2
    sockets[1].close()
    page.wait_for_function(
        """(channels) => channels.every((channel) =>
            sentToOther.slice(before).some(([[status]]) => status === (0xc0 | channel)))""",
        arg=list(tracks),
    )
    assert len(sockets) == 3
    page.context.close()


def test_a_lost_connection_is_shown_and_comes_back_by_itself(stage: Stage):
    page = stage.blank()
    sockets = sockets_of(page, "**/api/v1/events*")
    page.goto(stage.url)
    page.wait_for_function(LIVE)
    page.evaluate(
        """() => {
            globalThis.links = [];
            const words = document.querySelector('#link');
            stage.model.on('link', (how) => links.push([how, document.body.className, words.textContent]));
        }"""
    )
    sockets[0].close()
    page.wait_for_function("() => links.length >= 2")
    lost, back = page.evaluate("links.slice(0, 2)")
    assert lost[:2] == ["lost", "stale"]
    assert lost[2].startswith("reconnecting")
    assert back == ["live", "", "live"]
    page.context.close()


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_nothing_scrolls_sideways_and_every_target_takes_a_thumb(stage: Stage, width: int):
    with stage.page(width=width, height=780) as page:
        page.locator("summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        small = page.evaluate(
            """(touch) => [...document.querySelectorAll('button, select, summary, input, .choice label')]
                .filter((node) => node.checkVisibility())
                .map((node) => [node.type === 'checkbox' ? node.closest('label') : node, node])
                .map(([node, named]) => [node.getBoundingClientRect(), named.id || named.ariaLabel || named.outerHTML])
                .filter(([box]) => Math.min(box.width, box.height) < touch - 0.01)
                .map(([box, name]) => `${name}: ${box.width} × ${box.height}`)""",
            TOUCH,
        )
        assert small == []


def test_light_and_dark_follow_the_system_until_somebody_chooses(stage: Stage):
    page = stage.blank(color_scheme="light", reduced_motion="reduce")
    page.goto(stage.url)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#turn").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
    assert page.evaluate("getComputedStyle(document.querySelector('.lamp')).transitionDuration") == "0s"
    page.context.close()
