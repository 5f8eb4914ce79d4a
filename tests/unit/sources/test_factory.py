"""What stands on the command line becomes a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.camera import Camera
from stream_v2m.sources.factory import open_source
from stream_v2m.sources.film import Film
from stream_v2m.sources.http import HttpStream
from stream_v2m.sources.images import Images
from stream_v2m.sources.media import MediaFile
from stream_v2m.sources.network import NetworkStream
from stream_v2m.sources.rtmp_listen import RtmpListener
from stream_v2m.sources.source import Source, SourceConfig, awaited
from stream_v2m.sources.srt import SrtStream

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


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("rtsp://camera.local/live", NetworkStream),
        ("RTSPS://camera.local/live", NetworkStream),
        ("rtmp://host/app/name", NetworkStream),
        ("udp://0.0.0.0:5004", NetworkStream),
        ("https://host/live.m3u8", HttpStream),
        ("http://camera.local:8080/video", HttpStream),
        ("rtmp-listen://127.0.0.1:1935/live", RtmpListener),
        ("rtmp-listen://localhost/live", RtmpListener),
        ("srt://host:9000", SrtStream),
    ],
)
def test_an_address_is_a_live_source(spec: str, kind: type):
    source = opened(spec)
    assert type(source) is kind
    assert source.live


def test_an_address_of_another_kind_is_refused_without_its_password():
    with pytest.raises(SourceError, match=r"no such kind of address.*expected one of rtsp://") as caught:
        opened("gopher://anna:secret@host/a")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "[::]", "studio.local"])
def test_nobody_elsewhere_may_publish_by_rtmp_unless_it_is_said(host: str):
    spec = f"rtmp-listen://{host}:1935/live"
    with pytest.raises(SourceError, match=r"anybody who reaches .* source\.rtmp_beyond_loopback"):
        opened(spec)
    assert open_source(spec, SourceConfig(rtmp_beyond_loopback=True)).live


@pytest.mark.parametrize(
    ("spec", "awaits"),
    [
        ("rtmp-listen://127.0.0.1/live", "a publisher"),
        ("srt://0.0.0.0:9000?mode=listener&latency=20000", "a caller"),
        ("udp://0.0.0.0:5004", "a sender"),
        ("srt://host:9000", None),
        ("rtsp://host/a", None),
        ("film:", None),
    ],
)
def test_a_source_that_only_waits_for_somebody_says_for_whom(spec: str, awaits: str | None):
    assert awaited(opened(spec)) == awaits
