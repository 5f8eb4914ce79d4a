"""What stands on the command line becomes a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.camera import Camera
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.film import Film
from stream_v2m.sources.images import Images
from stream_v2m.sources.media import MediaFile
from stream_v2m.sources.source import Source, SourceConfig

pytestmark = pytest.mark.unit


def opened(spec: str) -> Source:
    return open_source(spec, SourceConfig())


@pytest.mark.parametrize(
    ("spec", "kind", "live"),
    [
        ("film:", Film, False),
        ("camera", Camera, True),
        ("camera:1", Camera, True),
        ("camera:Logitech", Camera, True),
        ("images:shots/*.png", Images, False),
        ("holiday.mp4", MediaFile, False),
        ("C:\\films\\holiday.mp4", MediaFile, False),
        ("film", MediaFile, False),
    ],
)
def test_each_kind_of_source_is_made_without_being_opened(spec: str, kind: type, live: bool):
    source = opened(spec)
    assert type(source) is kind
    assert source.live is live


def test_the_film_takes_its_options_from_the_spec():
    source = opened("film:seed=3&size=640x360&rate=10&seconds=2")
    info = source.open()
    assert (info.width, info.height, info.rate_hz, info.duration) == (640, 360, 10, 2)
    frames = list(source.frames())
    assert [frame.time for frame in frames] == pytest.approx([index / 10 for index in range(20)])
    assert source.name == "film:seed=3"


def test_an_unknown_key_of_the_film_is_refused_with_those_that_are_known():
    with pytest.raises(SourceError, match="unknown key, got speed, expected one of seed, size, rate, seconds"):
        opened("film:speed=3")


@pytest.mark.parametrize(
    "item", ["seed=x", "seed=-1", "size=640", "size=0x9", "rate=0", "rate=nan", "seconds=inf", "seed"]
)
def test_a_wrong_value_is_refused_with_what_the_keys_take(item: str):
    with pytest.raises(SourceError, match=r"is wrong, got '.*', expected .*; the keys are seed \(.*\), size \("):
        opened(f"film:{item}")


def test_a_folder_is_refused_with_a_hint_to_images(tmp_path: Path):
    with pytest.raises(SourceError, match=f"a folder, not a film; .*`images:{tmp_path}`"):
        opened(str(tmp_path)).open()


def test_an_address_on_the_network_is_refused():
    with pytest.raises(SourceError, match="addresses on the network cannot be read"):
        opened("rtsp://camera.local/live")
