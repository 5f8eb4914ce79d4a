"""Inputs by specification."""

from __future__ import annotations

import sys

import pytest

from stream_v2m.core.errors import PortError
from stream_v2m.midi.input_port import InputSpec

pytestmark = pytest.mark.unit

NAMES = ["Midi Through", "nanoKONTROL2 20:0", "Keystation 24:0"]


@pytest.mark.parametrize(("spec", "index"), [("port:keystation", 2), ("port:1", 1), ("port:nano*", 1)])
def test_a_port_is_found_by_name_or_index(spec: str, index: int):
    assert InputSpec.parse(spec).find(NAMES) == index


@pytest.mark.parametrize("spec", ["port:piano", "port:3"])
def test_a_port_that_is_not_there_is_an_error_that_names_what_is(spec: str):
    with pytest.raises(PortError, match="nanoKONTROL2"):
        InputSpec.parse(spec).find(NAMES)


def test_a_port_found_by_index_is_known_by_its_name_from_then_on():
    settled = InputSpec.parse("port:1").settled("nanoKONTROL2 20:0")
    assert settled.find([*NAMES[2:], *NAMES[:2]]) == 2
    assert settled.text == "port:1"


@pytest.mark.parametrize("spec", ["", "port", "port:", "synth", "keyboard:x"])
def test_another_kind_is_refused(spec: str):
    with pytest.raises(PortError, match="virtual:NAME"):
        InputSpec.parse(spec)


def test_windows_has_no_virtual_inputs_and_the_cure_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(PortError, match="loopMIDI"):
        InputSpec.parse("virtual")
