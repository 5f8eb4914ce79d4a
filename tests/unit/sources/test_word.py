"""What is said of a source never has a secret in it."""

from __future__ import annotations

import pytest

from stream_v2m.sources.word import name_of, redacted

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://anna:secret@cam.local:554/live", "rtsp://cam.local:554/live"),
        ("rtsp://an@na:se/c?r#et@cam.local/live", "rtsp://cam.local/live"),
        ("https://host/a.m3u8?token=abc&b=c#d", "https://host/a.m3u8?token=…&b=…"),
        ("srt://host:9000?passphrase=0123456789&mode=caller", "srt://host:9000?passphrase=…&mode=…"),
        ("back=rtsp://u:p@host/a", "back=rtsp://host/a"),
        ("Connection to tcp://u:p@host failed", "Connection to tcp://host failed"),
        ("film:seed=3", "film:seed=3"),
        ("C:\\films\\holiday.mp4", "C:\\films\\holiday.mp4"),
    ],
)
def test_user_password_and_query_are_left_out(text: str, shown: str):
    assert redacted(text) == shown


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("rtsp://anna:secret@cam.local:554/live?token=x", "cam.local:554/live"),
        ("srt://0.0.0.0:9000?mode=listener", "0.0.0.0:9000"),
        ("camera:Logitech", "camera:Logitech"),
        ("film:seed=3", "film:seed=3"),
    ],
)
def test_a_source_without_a_name_is_called_after_its_word(word: str, name: str):
    assert name_of(word) == name
