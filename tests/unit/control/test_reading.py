"""JSON from strangers."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_v2m.control.reading import DEEPEST, read_object
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'"text"', "no JSON object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a": 1, "a": 2}', "same key twice"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'{"a":' + b"[" * 30_000, "nested too deep"),
        (b'{"a":' * 9000 + b"1" + b"}" * 9000, "nested too deep"),
        (b'{"a":' * DEEPEST + b"1" + b"}" * DEEPEST, "nested too deep"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b"{} {}", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
    ],
)
def test_what_is_no_proper_json_is_refused_with_a_clear_word(data, complaint):
    with pytest.raises(ConfigError, match=complaint):
        read_object(data, "body")


@pytest.mark.parametrize("data", [b"", b" \n", "", b"{}"])
def test_nothing_is_an_empty_object(data):
    assert read_object(data, "body") == {}


def test_as_deep_as_any_command_needs_is_not_too_deep():
    data = '{"command": "mute", "arguments": {"list": [[1]], "name": "Ümläut 🎹"}}'
    assert read_object(data, "body") == json.loads(data)


@settings(deadline=None)  # how long it takes is the machine's affair
@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_an_error_of_ours(data):
    with suppress(ConfigError):
        assert isinstance(read_object(data, "body"), dict)
