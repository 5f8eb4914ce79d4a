"""Outputs by specification."""

from __future__ import annotations

import sys

import pytest

from stream_v2m.core.errors import ConfigError, PortError
from stream_v2m.midi import port
from stream_v2m.midi.input_port import list_inputs
from stream_v2m.midi.port import distinct, find_port, list_outputs, open_output, opened, without_number

pytestmark = pytest.mark.unit

NAMES = ["Midi Through:Midi Through Port-0 14:0", "FLUID Synth (1234):Synth input port 128:0", "synth", "USB (2):1"]


@pytest.mark.parametrize(
    ("pattern", "index"),
    [
        ("SYNTH", 2),  # the whole name before a part
        ("fluid", 1),
        ("USB (2)", 3),  # no expression where the plain name is there
        ("usb*1", 3),
        ("midi ?hrough*", 0),
        (r"port-\d", 0),
        (r"(broken", None),
        ("nobody", None),
    ],
)
def test_a_port_is_found_by_name_part_glob_or_expression_whatever_its_case(pattern: str, index: int | None) -> None:
    assert find_port(pattern, NAMES) == index


class FakeClient:
    """A MIDI system with two ports."""

    def __init__(self) -> None:
        self.name, self.api = "client", "fake"
        self.opened: int | str | None = None
        self.closed = False

    def destinations(self) -> list[str]:
        return ["first", "second"]

    def open(self, index: int) -> None:
        self.opened = index

    def open_virtual(self, name: str) -> None:
        self.opened = name

    def present(self) -> bool:
        return True

    def send(self, message: bytes) -> None: ...

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient()
    monkeypatch.setattr(port, "_library", lambda: lambda api, name: fake)
    return fake


@pytest.mark.parametrize(
    ("spec", "opened"),
    [("virtual", "stream_v2m"), ("virtual:band", "band"), ("port:1", 1), ("port:SEC", 1), ("port:f*t", 0)],
)
def test_a_specification_opens_the_port_that_it_names(client: FakeClient, spec: str, opened: int | str) -> None:
    open_output(spec)
    assert client.opened == opened
    assert not client.closed


@pytest.mark.parametrize("spec", ["port:third", "port:2"])
def test_a_port_that_is_not_there_is_refused_with_those_that_are_and_the_client_closed(
    client: FakeClient, spec: str
) -> None:
    with pytest.raises(PortError, match="no such MIDI port, expected one of 'first', 'second'"):
        open_output(spec)
    assert client.closed


@pytest.mark.parametrize("spec", ["", "port:", "port", "midi:1", "Virtual"])
def test_a_specification_of_no_kind_says_which_kinds_there_are(spec: str) -> None:
    with pytest.raises(ConfigError, match="expected virtual, virtual:NAME, port:NAME"):
        open_output(spec)


def test_on_windows_a_virtual_port_is_answered_with_loopmidi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(PortError, match="loopMIDI"):
        open_output("virtual")


def test_the_second_interface_is_asked_when_the_first_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(api: str, name: str) -> FakeClient:
        asked.append(api)
        if api == "alsa":
            raise PortError("no sequencer", where=api)
        return FakeClient()

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(port, "_library", lambda: answer)
    assert list_outputs() == ["first", "second"]
    assert asked == ["alsa", "jack"]


@pytest.mark.parametrize(
    ("system", "cure"), [("linux", "modprobe"), ("darwin", "Audio MIDI Setup"), ("win32", "Windows")]
)
def test_a_system_without_midi_is_told_its_own_cure(monkeypatch: pytest.MonkeyPatch, system: str, cure: str) -> None:
    def refuse(api: str, name: str) -> FakeClient:
        raise PortError("out of order", where=api)

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(port, "_library", lambda: refuse)
    with pytest.raises(PortError, match=f"does not answer, got .*out of order.*{cure}"):
        list_outputs()


@pytest.mark.parametrize("listing", [list_outputs, list_inputs])
def test_without_its_library_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, listing) -> None:
    for module in ("rtmidi", "stream_v2m.midi.rtmidi_client", "stream_v2m.midi.rtmidi_input"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "rtmidi", None)  # as if it were not installed
    with pytest.raises(PortError, match="pip install python-rtmidi"):
        listing()


def test_a_port_of_a_name_that_is_taken_gets_a_number_of_its_own() -> None:
    taken = ["stream_v2m:stream_v2m 128:0", "stream_v2m:stream_v2m-01 129:0", "house"]
    assert distinct("stream_v2m", taken) == "stream_v2m-02"
    assert distinct("house", taken) == "house-01"
    assert distinct("band", taken) == "band"


def test_our_own_port_is_told_from_another_of_its_name_by_what_is_new_in_the_list() -> None:
    before = ["stream_v2m:band", "synth:out"]
    assert opened("band", before, [*before, "other:in", "stream_v2m-01:band"]) == "stream_v2m-01:band"
    assert opened("band", before, before) == "band"


def test_the_numbers_that_alsa_puts_behind_a_name_are_no_part_of_it() -> None:
    assert [without_number(name) for name in NAMES[1:]] == ["FLUID Synth (1234):Synth input port", *NAMES[2:]]
