"""What is told when a server opens, and how its place is written."""

import io

import pytest
from rich.console import Console

from stream_v2m.cli.place import place_of
from stream_v2m.cli.serve import announce
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit


class Opened:
    """What ``announce`` looks at."""

    def __init__(self, *urls: str, token: str | None = None, made_up: bool = False, loopback: bool = False) -> None:
        self.urls, self.token, self.token_made_up, self.loopback = list(urls), token, made_up, loopback
        self.scheme = urls[0].partition(":")[0]


def told(server: Opened, *, terminal: bool = True) -> str:
    file = io.StringIO()
    announce(server, Console(file=file, force_terminal=terminal, width=40, color_system=None))  # type: ignore[arg-type]
    return file.getvalue()


def test_on_loopback_the_address_is_all_that_is_told():
    assert told(Opened("http://127.0.0.1:8787", loopback=True)) == "serving on http://127.0.0.1:8787\n"


def test_elsewhere_every_address_the_token_once_and_a_qr_code_are_told():
    text = told(Opened("https://192.168.1.5:8787", "https://[fd00::5]:8787", token="correct-horse", made_up=True))
    assert "serving on https://192.168.1.5:8787\n" in text
    assert "serving on https://[fd00::5]:8787\n" in text
    assert text.count("correct-horse") == 1
    assert "https://192.168.1.5:8787/#token=correct-horse\n" in text
    assert "▀" in text


def test_a_token_that_was_chosen_is_not_told_to_a_log_and_one_that_was_made_up_must_be():
    url = "https://192.168.1.5:8787"
    assert "correct-horse" not in told(Opened(url, token="correct-horse"), terminal=False)
    assert "correct-horse" in told(Opened(url, token="correct-horse"), terminal=True)
    assert "made-up-horse" in told(Opened(url, token="made-up-horse", made_up=True), terminal=False)


def test_who_serves_others_without_tls_is_warned():
    assert "--tls-self-signed" in told(Opened("http://192.168.1.5:8787", token="correct-horse"))
    assert "--tls-self-signed" not in told(Opened("https://192.168.1.5:8787", token="correct-horse"))


@pytest.mark.parametrize(
    ("text", "place"),
    [("8787", (None, 8787)), ("0", (None, 0)), ("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:80", ("::1", 80))],
)
def test_a_place_is_a_port_with_or_without_a_host(text, place):
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["", "x", "host:", "host:x", "1.2.3.4", "²"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(ConfigError, match="PORT or HOST:PORT"):
        place_of(text)
