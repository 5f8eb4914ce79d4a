"""Sources by name."""

from __future__ import annotations

import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.camera import Camera, Device
from stream_v2m.sources.source import SourceConfig
from stream_v2m.sources.supply import Supply

pytestmark = pytest.mark.unit


def names(*words: str, **named: str) -> tuple[str, ...]:
    return Supply.parse(words, SourceConfig.model_validate({"named": named})).names


def test_sources_have_the_names_they_are_given_or_those_of_their_words():
    assert names("cam=camera", "film:seed=3", "b-2=rtsp://u:p@host/a") == ("cam", "film:seed=3", "b-2")


def test_sources_that_would_be_called_alike_are_numbered():
    assert names("film:", "film:", "rtsp://a:b@host/x", "rtsp://c:d@host/x") == (
        "film:",
        "film: 2",
        "host/x",
        "host/x 2",
    )


def test_the_configured_ones_follow_unless_the_command_line_has_them_first():
    assert names("film:", cam="camera", back="rtsp://host/a") == ("film:", "cam", "back")
    assert names("back", "film:", cam="camera", back="rtsp://host/a") == ("back", "film:", "cam")


@pytest.mark.parametrize("words", [("a=camera", "a=film:"), (), ("a=gopher://host",)])
def test_a_name_twice_no_source_or_a_wrong_one_is_refused_at_once(words: tuple[str, ...]):
    with pytest.raises(SourceError):
        names(*words)


def test_what_is_configured_is_never_printed():
    config = SourceConfig.model_validate({"named": {"back": "rtsp://u:secret@host/a"}})
    assert "secret" not in repr(config) + str(config.model_dump(mode="json"))


def test_every_source_is_made_anew():
    supply = Supply.parse(["film:"], SourceConfig())
    assert supply.make("film:") is not supply.make("film:")


def test_a_camera_that_was_found_once_is_looked_for_by_its_name():
    here = [Device("lavfi", "testsrc=size=96x72:rate=30", "Laptop (/dev/video0)")]
    other = Device("lavfi", "testsrc=size=64x48:rate=30", "Stage (/dev/video2)")
    known: list[str] = []

    def camera() -> Camera:
        return Camera("", SourceConfig(open_timeout_s=1), devices=lambda: here, known=known)

    first = camera()
    assert first.open().width == 96
    first.close()
    here[:] = [other]
    with pytest.raises(SourceError, match="Laptop: the camera is not here"):
        camera().open()
    here[:] = [other, Device("lavfi", "testsrc=size=96x72:rate=30", "Laptop (/dev/video4)")]
    again = camera()
    assert again.open().width == 96
    again.close()
