"""Outputs as they are written down."""

from __future__ import annotations

import pytest

from stream_v2m.core.errors import ConfigError
from stream_v2m.core.values import ALL_PORTS
from stream_v2m.midi.channel_message import note_on
from stream_v2m.midi.output import Output, addressed

pytestmark = pytest.mark.unit

PULSE, NOTE, SYSEX = b"\xf8", note_on(1, 60, 90), b"\xf0\x7d\xf7"


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("virtual", Output("virtual")),
        ("port:Digitakt@clock,+12ms", Output("port:Digitakt", 0.012, True, True)),
        ("virtual:stream_v2m@clock", Output("virtual:stream_v2m", 0.0, True, True)),
        ("synth@-20ms", Output("synth", -0.02)),
        ("port:3@+3.5ms, clock-only", Output("port:3", 0.0035, False, True)),
        ("synth:/a b/c.sf2@-500ms", Output("synth:/a b/c.sf2", -0.5)),
    ],
)
def test_options_follow_the_specification(text: str, output: Output) -> None:
    assert Output.parse(text) == output


@pytest.mark.parametrize("text", ["port:me@home", "port:me@home, and @away", "virtual:@", "port:a@", "port:@"])
def test_an_at_that_no_option_follows_is_part_of_the_name(text: str) -> None:
    assert Output.parse(text) == Output(text)


def test_a_name_that_ends_like_an_option_can_be_given_one_more() -> None:
    assert Output.parse("port:the@clock@+0ms") == Output("port:the@clock")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("midi:1", "midi:1: no such kind of output, expected virtual, virtual:NAME, port:NAME"),
        ("port:@clock", "port:: no such kind"),
        ("@clock", "no such kind"),
        ("Virtual@clock", "no such kind"),
        ("port:a@clock,fast", "port:a@clock,fast: no such option of an output, got fast, expected clock, clock-only"),
        ("port:a@+12", r"got \+12, expected .*\+12ms"),
        ("port:a@+12s", r"got \+12s"),
        ("port:a@+501ms", r"too large an offset, got \+501ms, expected -500ms to \+500ms"),
        ("port:a@+1ms,-1ms", "contradict"),
        ("port:a@clock,clock-only", "contradict"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_what_can(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Output.parse(text)


def test_the_clock_goes_to_those_that_want_it_and_notes_to_those_that_do_not_refuse_them() -> None:
    outputs = [Output.parse(text) for text in ("port:notes", "port:both@clock", "port:drum machine@clock-only")]
    for message in (PULSE, b"\xfa", b"\xfb", b"\xfc", b"\xf2\x00\x01"):
        assert list(addressed(outputs, ALL_PORTS, message)) == [1, 2]
    assert list(addressed(outputs, ALL_PORTS, NOTE)) == [0, 1]
    assert list(addressed(outputs, ALL_PORTS, SYSEX)) == [0, 1, 2]


def test_what_is_sent_to_one_output_by_its_number_goes_there() -> None:
    outputs = [Output("port:a"), Output("port:b", clock=True, notes=False)]
    assert list(addressed(outputs, 0, PULSE)) == [0]
    assert list(addressed(outputs, 1, NOTE)) == [1]


def test_an_output_survives_the_way_to_the_process() -> None:
    output = Output("port:a", -0.01, False, True)
    assert Output(*output.fields()) == output
