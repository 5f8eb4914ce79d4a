"""Who may come in."""

from dataclasses import replace

import pytest

from stream_v2m.control.access import KNOCKS, PEERS, Access, Buckets, Visitor, check_token, is_loopback
from stream_v2m.control.faults import Fault
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit

TOKEN = "correct-horse"
LOCAL = Visitor(peer="127.0.0.1", host="127.0.0.1:8787")
REMOTE = Visitor(peer="192.168.1.7", host="192.168.1.5:8787")


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def on_loopback(**changes) -> Access:
    return Access(**{"token": None, "scheme": "http", "loopback": True, "now": Time(), **changes})


def on_the_network(**changes) -> Access:
    return Access(
        **{"token": TOKEN, "scheme": "https", "loopback": False, "names": ["studio"], "now": Time(), **changes}
    )


def status(access: Access, visitor: Visitor, **options) -> int:
    """200 if the visitor may come in."""
    try:
        access.check(visitor, **options)
    except Fault as fault:
        return fault.status
    return 200


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8787",
        "localhost:8787",
        "localhost",
        "[::1]:8787",
        "LOCALHOST",
        "127.8.8.8",
    ],
)
def test_on_loopback_nothing_is_needed_but_a_loopback_name(host):
    assert status(on_loopback(), replace(LOCAL, host=host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8787",
        "127.0.0.1.evil.example",
        "192.168.1.5:8787",
        "studio",
        "",
        "localhost.evil",
        "[::1",
        "@localhost@x",
    ],
)
def test_on_loopback_another_name_is_refused_because_somebody_may_have_pointed_it_here(host):
    assert status(on_loopback(names=["studio"]), replace(LOCAL, host=host)) == 421
    assert status(on_loopback(names=["studio"]), replace(LOCAL, host=host), public=True) == 421


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8787", "HTTP://127.0.0.1:8787"])
def test_our_own_pages_may_ask(origin):
    assert status(on_loopback(), replace(LOCAL, origin=origin, site="same-origin")) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "https://127.0.0.1:8787",
        "http://127.0.0.1:3000",
        "http://127.0.0.1",
        "http://localhost:8787",
        "http://127.0.0.1:8787/path",
        "http://127.0.0.1:8787@evil.example",
        "http://x@127.0.0.1:8787",
        "http://[",
    ],
)
def test_pages_of_others_may_not_ask(origin):
    assert status(on_loopback(), replace(LOCAL, origin=origin)) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_nor_may_they_where_the_browser_sends_no_origin(site):
    assert status(on_loopback(), replace(LOCAL, site=site)) == 403


def test_public_pages_may_be_linked_from_anywhere():
    assert status(on_loopback(), replace(LOCAL, site="cross-site", origin="http://evil.example"), public=True) == 200
    assert status(on_the_network(), REMOTE, public=True) == 200


def test_a_default_port_need_not_be_written():
    visitor = replace(LOCAL, host="localhost", origin="http://localhost:80")
    assert status(on_loopback(), visitor) == 200


def test_elsewhere_nothing_is_reached_without_the_token():
    access = on_the_network()
    assert status(access, REMOTE) == 401
    assert status(access, replace(LOCAL, host="localhost:8787")) == 401
    assert status(access, replace(REMOTE, cookie="wrong")) == 401
    assert status(access, replace(REMOTE, cookie="")) == 401
    assert status(access, replace(REMOTE, cookie=TOKEN)) == 401


@pytest.mark.parametrize(
    "authorization", ["Bearer wrong", "Bearer ", "Basic " + TOKEN, TOKEN, "Bearer\x00", "Bearer \udcff"]
)
def test_a_wrong_token_is_refused(authorization):
    assert status(on_the_network(), replace(REMOTE, authorization=authorization)) == 401


@pytest.mark.parametrize("authorization", ["Bearer " + TOKEN, "bearer  " + TOKEN])
def test_the_token_opens(authorization):
    assert status(on_the_network(), replace(REMOTE, authorization=authorization)) == 200


def test_who_shows_the_token_may_come_from_any_origin():
    visitor = replace(REMOTE, authorization="Bearer " + TOKEN, origin="https://elsewhere.example", site="cross-site")
    assert status(on_the_network(), visitor) == 200


def test_on_loopback_without_a_token_no_header_helps_a_foreign_page():
    visitor = replace(LOCAL, authorization="Bearer anything", origin="http://evil.example")
    assert status(on_loopback(), visitor) == 403


def test_a_login_gives_a_cookie_that_opens_to_our_own_pages_alone():
    access = on_the_network()
    visitor = replace(REMOTE, cookie=access.login("peer", TOKEN))
    assert status(access, visitor) == 200
    assert status(access, replace(visitor, origin="https://192.168.1.5:8787")) == 200
    assert status(access, replace(visitor, origin="https://elsewhere.example")) == 403


def test_the_cookie_outlives_a_restart_with_the_same_token_and_does_not_tell_it():
    first, second = on_the_network(), on_the_network()
    assert first.login("peer", TOKEN) == second.login("peer", TOKEN) != on_the_network(token="another-one").pass_value
    assert TOKEN not in str(first.pass_value)


def test_where_no_token_is_needed_a_login_gives_nothing():
    assert on_loopback().login("peer", "whatever") is None


def test_a_token_on_loopback_is_asked_for_too():
    assert status(on_loopback(token=TOKEN), LOCAL) == 401


@pytest.mark.parametrize("host", ["192.168.1.5:8787", "studio:8787", "STUDIO", "[fd00::5]:8787", "localhost"])
def test_elsewhere_addresses_and_own_names_are_ours(host):
    assert status(on_the_network(), replace(REMOTE, host=host), public=True) == 200


@pytest.mark.parametrize("host", ["evil.example", "", "studio.evil.example"])
def test_elsewhere_other_names_are_not(host):
    assert status(on_the_network(), replace(REMOTE, host=host), public=True) == 421


def test_a_proxys_name_is_ours_and_the_proxy_may_add_the_tls():
    access = on_loopback(token=TOKEN, proxied=["music.example"])
    visitor = Visitor("127.0.0.1", "music.example", origin="https://music.example", cookie=access.pass_value)
    assert status(access, visitor) == 200
    assert status(access, replace(visitor, origin="https://other.example")) == 403
    assert status(access, replace(visitor, cookie=None)) == 401


def test_who_guesses_must_wait_even_if_then_right_and_nobody_else_must():
    now = Time()
    access = on_the_network(now=now)
    guess = replace(REMOTE, authorization="Bearer wrong")
    right = replace(REMOTE, authorization="Bearer " + TOKEN)
    assert [status(access, guess) for _ in range(KNOCKS + 1)] == [401] * KNOCKS + [429]
    assert status(access, right) == 429
    assert status(access, replace(right, peer="192.168.1.8")) == 200
    now.seconds += 6.1
    assert status(access, right) == 200


def test_logins_are_limited_with_the_other_guesses_and_right_ones_are_not_counted():
    access = on_the_network()
    for _ in range(3 * KNOCKS):
        access.login("peer", TOKEN)
    for _ in range(KNOCKS):
        with pytest.raises(Fault, match="wrong token"):
            access.login("peer", "wrong")
    with pytest.raises(Fault, match="too many") as refused:
        access.login("peer", TOKEN)
    assert refused.value.retry_after


def test_a_bucket_allows_a_burst_and_then_its_rate():
    now = Time()
    bucket = Buckets(2.0, 3.0, now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now.seconds = 0.5
    assert [bucket.take(), bucket.take()] == [True, False]
    now.seconds = 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_buckets_remember_so_many_and_no_more():
    bucket = Buckets(1.0, 1.0, Time())
    for peer in range(3 * PEERS):
        bucket.take(str(peer))
    assert len(bucket._levels) == PEERS


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("studio", False),
    ],
)
def test_loopback_is_told_by_the_address(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize("token", ["", "short", "with a space", "tschüss-welt", "line\nbreak"])
def test_a_token_that_could_not_be_sent_or_is_soon_guessed_is_refused_and_not_repeated(token):
    with pytest.raises(ConfigError) as refused:
        check_token(token)
    assert not token or token not in str(refused.value)
