"""The page over real HTTP: it blinds, it refuses what is malformed, and plays parts of films."""

from __future__ import annotations

import http.client
import re
from contextlib import contextmanager
from threading import Thread
from urllib.parse import urlencode

import pytest

from models.listening.questions import QUESTIONS
from models.listening.server import ListeningServer
from models.listening.study import ANSWERS, KEY
from stream_v2m.core.errors import ConfigError
from tests.support.listening import make_study

pytestmark = pytest.mark.models

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FOURS = {question.name: "4" for question in QUESTIONS}
SYSTEMS = ("zebra-system", "quagga-system", "okapi-system")


@pytest.fixture
def site(tmp_path):
    study = make_study(tmp_path, systems=SYSTEMS)
    with served(tmp_path, "127.0.0.1") as server:
        yield Site(tmp_path, study, server.server_port)


@contextmanager
def served(folder, host):
    with ListeningServer(folder, host=host, port=0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Site:
    def __init__(self, folder, study, port):
        self.folder, self.study, self.port = folder, study, port

    @contextmanager
    def reply(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            yield connection.getresponse()
        finally:
            connection.close()

    def get(self, path, **headers):
        with self.reply("GET", path, headers=headers) as reply:
            return reply.status, dict(reply.headers), reply.read()

    def post(self, path, form, **headers):
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        with self.reply("POST", path, body, {**FORM, **headers}) as reply:
            return reply.status, dict(reply.headers), reply.read()

    def join(self, code="P1"):
        status, headers, _ = self.post("/join", {"code": code, "consent": "yes"})
        assert status == 303
        return headers["Location"]


def test_a_whole_test_can_be_taken(site):
    path = site.join()
    heard = []
    while b"<video" in (page := site.get(path)[2]):
        stimulus = re.search(rb'name="stimulus" value="(\w+)"', page)[1].decode()
        assert f"Film {len(heard) + 1} of 6".encode() in page
        assert all(question.text.encode() in page for question in QUESTIONS)
        assert page.count(b'type="radio"') == page.count(b"required") == 5 * 7
        heard.append(stimulus)
        assert site.post(path, {**FOURS, "stimulus": stimulus, "plays": "1"})[0] == 303
    assert b"Thank you" in page
    assert heard == site.study.order(0)
    assert len((site.folder / ANSWERS).read_text().splitlines()) == 7


def test_nothing_that_is_served_names_a_system_or_a_film(site):
    path = site.join()
    served = [site.get("/"), site.get("/page.css"), site.get("/page.js"), site.get(path), site.get("/nothing")]
    for stimulus in site.study.order(0):
        served.append(site.get(f"/stimuli/{stimulus}.mp4"))
        served.append(site.post(path, {**FOURS, "stimulus": stimulus, "plays": "1"}))
        served.append(site.get(path))
    for _, headers, body in served:
        said = str(headers).lower() + body.decode("latin-1").lower()
        assert not any(name in said for name in (*SYSTEMS, *site.study.films, "zebra", "quagga", "okapi", "clip-"))


@pytest.mark.parametrize(
    "path",
    [f"/{KEY}", f"/{ANSWERS}", f"/stimuli/../{KEY}", f"/stimuli/%2e%2e/{KEY}", f"/../{KEY}", "/stimuli/", "/films/"],
)
def test_neither_key_nor_answers_can_be_fetched(site, path):
    site.join()
    status, _, body = site.get(path)
    assert status == 404 and b"clip-" not in body and b"P1" not in body


def test_pages_may_ask_no_other_site_for_anything(site):
    for path in ("/", site.join()):
        _, headers, body = site.get(path)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert b"http://" not in body and b"https://" not in body and b"//" not in body.replace(b"</", b"")


def test_what_comes_from_outside_is_escaped(site):
    page = site.get("/")[2]
    assert b"I agree &lt;b&gt;gladly&lt;/b&gt;." in page and b"What it is about." in page
    for status, _, body in (
        site.get("/t/%3Cscript%3E"),
        site.get("/t/<script>"),
        site.post("/join", {"code": "<script>", "consent": "yes"}),
        site.post("/join", {"<script>": "1"}),
    ):
        assert status in (400, 404) and b"<script>" not in body


@pytest.mark.parametrize(
    "form",
    [
        {},
        {**FOURS, "plays": "1"},
        {**FOURS, "stimulus": "next", "plays": "0"},
        {**FOURS, "stimulus": "next", "plays": "-1"},
        {**FOURS, "stimulus": "next", "plays": "1", "quality": "8"},
        {**FOURS, "stimulus": "next", "plays": "1", "quality": "0"},
        {**FOURS, "stimulus": "next", "plays": "1", "quality": "4.5"},
        {**FOURS, "stimulus": "next", "plays": "1", "quality": ""},
        {**FOURS, "stimulus": "next", "plays": "1", "extra": "4"},
        {"stimulus": "next", "plays": "1", "quality": "4"},
    ],
)
def test_an_answer_that_is_wrong_is_refused_with_a_reason_and_not_kept(site, form):
    path = site.join()
    following = site.study.order(0)[0]
    status, _, body = site.post(path, {name: following if value == "next" else value for name, value in form.items()})
    assert status in (400, 404) and b'role="alert"' in body
    assert len((site.folder / ANSWERS).read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * 4097, {}, 413),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"quality=4&quality=5", {}, 400),
        (b"no form at all", {}, 400),
        (b"code=%ff%fe", {}, 400),
        (b"code=\xff", {}, 400),
        (b"&".join(b"a%d=1" % number for number in range(30)), {}, 400),
        (b"consent=no", {}, 400),
        (b"consent=yes", {"Origin": "http://elsewhere.example"}, 403),
        (b"consent=yes", {"Origin": "null"}, 403),
        (b"consent=yes", {"Host": "rebound.example"}, 403),
    ],
)
def test_malformed_requests_are_refused(site, body, headers, status):
    assert site.post("/join", body, **headers)[0] == status
    assert (site.folder / ANSWERS).read_bytes() == b""


@pytest.mark.parametrize("length", [None, "-1", "many", "9" * 30])
def test_a_form_without_an_honest_length_is_refused_unread(site, length):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.putrequest("POST", "/join")
    connection.putheader("Content-Type", FORM["Content-Type"])
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    reply = connection.getresponse()
    assert reply.status == 411 and reply.headers["Connection"] == "close"
    connection.close()


def test_other_methods_and_unknown_people_are_refused(site):
    with site.reply("PUT", "/join") as reply:
        assert reply.status == 501
    assert site.get("/t/NOBODY")[0] == 404
    assert site.post("/t/NOBODY", {**FOURS, "stimulus": site.study.order(0)[0], "plays": "1"})[0] == 404


@pytest.mark.parametrize(
    ("asked", "status", "span", "length"),
    [
        (None, 200, None, 1000),
        ("bytes=0-99", 206, "bytes 0-99/1000", 100),
        ("bytes=900-", 206, "bytes 900-999/1000", 100),
        ("bytes=-10", 206, "bytes 990-999/1000", 10),
        ("bytes=990-5000", 206, "bytes 990-999/1000", 10),
        ("bytes=1000-", 416, "bytes */1000", 0),
        ("bytes=5-2", 416, "bytes */1000", 0),
        ("bytes=0-1,5-6", 200, None, 1000),
        ("lines=0-1", 200, None, 1000),
    ],
)
def test_a_film_is_sent_whole_or_in_the_part_asked_for(site, asked, status, span, length):
    stimulus = site.study.stimuli[3]
    got, headers, body = site.get(f"/stimuli/{stimulus.id}.mp4", **({"Range": asked} if asked else {}))
    assert (got, headers.get("Content-Range"), len(body)) == (status, span, length)
    assert set(body) <= {3}


def test_a_study_that_lacks_a_film_is_not_served(tmp_path):
    study = make_study(tmp_path)
    (tmp_path / "stimuli" / f"{study.stimuli[2].id}.mp4").unlink()
    with pytest.raises(ConfigError, match="a stimulus is missing"):
        ListeningServer(tmp_path, host="127.0.0.1", port=0)


def test_an_address_that_cannot_be_had_is_an_error_of_ours(tmp_path):
    make_study(tmp_path)
    for host, port in (("192.0.2.1", 0), ("127.0.0.1", 70_000)):
        with pytest.raises(ConfigError, match="cannot be served"):
            ListeningServer(tmp_path, host=host, port=port)


def test_on_the_network_only_the_invited_are_let_in(tmp_path):
    study = make_study(tmp_path)
    with served(tmp_path, "0.0.0.0") as server:
        site = Site(tmp_path, study, server.server_port)
        film = f"/stimuli/{study.stimuli[0].id}.mp4"
        for path in ("/", "/page.css", film, "/t/P1", "/invited/", "/invited/guess"):
            assert site.get(path)[0] == 403, path
            assert site.get(path, Cookie="listening=guess")[0] == 403, path
        assert site.post("/join", {"code": "P1", "consent": "yes"})[0] == 403
        status, headers, _ = site.get(server.invitation)
        assert status == 303 and headers["Location"] == "/"
        assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
        cookie = headers["Set-Cookie"].partition(";")[0]
        for path in ("/", "/page.css", film, server.invitation):
            assert site.get(path, Cookie=cookie)[0] == 200, path
