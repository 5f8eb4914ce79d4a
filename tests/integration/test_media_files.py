"""Films in files of several formats, whole and broken."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.core.values import Frame
from stream_v2m.sources.media import MediaFile
from stream_v2m.sources.source import SourceConfig, SourceInfo
from tests.support.pictures import greys, number, plain, write_film, write_picture, write_sound

pytestmark = pytest.mark.integration


def play(path: Path, *, most: int = 1000, **settings: object) -> tuple[SourceInfo, list[Frame]]:
    source = MediaFile(path, SourceConfig.model_validate(settings))
    info = source.open()
    frames = []
    for frame in source.frames():
        frames.append(frame)
        if len(frames) == most:
            source.close()
    return info, frames


def times(frames: list[Frame]) -> list[float]:
    return [frame.time for frame in frames]


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("film.mp4", "libx264", "yuv420p"),
        ("film.mkv", "ffv1", "yuv444p"),
        ("film.webm", "libvpx", "yuv420p"),
        ("film.avi", "mjpeg", "yuvj420p"),
        ("film.mov", "png", "rgb24"),
        ("film.ts", "mpeg2video", "yuv420p"),
        ("film.h264", "libx264", "yuv420p"),
    ],
)
def test_every_picture_of_a_film_comes_in_order_at_its_time(tmp_path: Path, name: str, codec: str, pix_fmt: str):
    path = write_film(tmp_path / name, greys(8), codec=codec, pix_fmt=pix_fmt)
    info, frames = play(path)
    assert (info.width, info.height, info.rate_hz) == (64, 48, 25)
    assert times(frames) == pytest.approx([index / 25 for index in range(8)], abs=1e-3)
    assert [number(frame.small) for frame in frames] == list(range(8))


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path):
    path = write_film(tmp_path / "film.mkv", greys(5), times_ms=[300, 340, 800, 833, 2000], codec="ffv1")
    _, frames = play(path)
    assert times(frames) == pytest.approx([0.0, 0.04, 0.5, 0.533, 1.7])


def test_an_odd_size_is_seen_whole(tmp_path: Path):
    left, right = plain(250, 0, 0, width=160, height=179), plain(0, 0, 250, width=161, height=179)
    path = write_film(tmp_path / "film.mkv", [np.hstack([left, right])], codec="ffv1", pix_fmt="yuv444p")
    info, frames = play(path)
    assert (info.width, info.height) == (321, 179)
    assert frames[0].small.shape == (3, 90, 160)
    picture = frames[0].picture(321, 179)
    assert picture.shape == (179, 321, 3)
    assert picture[178, 0] == pytest.approx([250, 0, 0], abs=4)
    assert picture[0, 320] == pytest.approx([0, 0, 250], abs=4)


def test_a_film_from_a_telephone_held_upright_is_seen_upright(tmp_path: Path):
    top, below = plain(250, 250, 250, width=64, height=24), plain(0, 0, 0, width=64, height=24)
    path = write_film(tmp_path / "film.mp4", [np.vstack([top, below])], rotation=90)
    info, frames = play(path)
    assert (info.width, info.height) == (48, 64)
    assert frames[0].small[0, :, :70].min() > 200  # turned counterclockwise, what was above is left
    assert frames[0].small[0, :, 90:].max() < 50
    assert frames[0].picture(48, 64)[:, :20].min() > 200


def test_seeking_begins_at_the_frame_asked_for_with_time_0(tmp_path: Path):
    path = write_film(tmp_path / "film.mp4", greys(20), codec="libx264")
    info, frames = play(path, seek_s=0.28)
    assert [number(frame.small) for frame in frames] == list(range(7, 20))
    assert times(frames)[:2] == pytest.approx([0.0, 0.04])
    assert info.duration == pytest.approx(0.52)


def test_a_format_that_cannot_seek_is_decoded_up_to_the_moment(tmp_path: Path):
    path = write_film(tmp_path / "film.h264", greys(12), codec="libx264")
    _, frames = play(path, seek_s=0.28)
    assert [number(frame.small) for frame in frames] == list(range(7, 12))


def test_seeking_past_the_end_is_refused(tmp_path: Path):
    path = write_film(tmp_path / "film.mp4", greys(5))
    with pytest.raises(SourceError, match=r"over before it begins, got seek_s = 3, expected less than its 0\.2 s"):
        MediaFile(path, SourceConfig(seek_s=3)).open()


def test_times_go_on_rising_over_the_seams_of_a_loop(tmp_path: Path):
    path = write_film(tmp_path / "film.mp4", greys(6))
    info, frames = play(path, loop=True, seek_s=0.08, most=10)
    assert info.duration is None
    assert [number(frame.small) for frame in frames] == [2, 3, 4, 5, 2, 3, 4, 5, 2, 3]
    assert times(frames) == pytest.approx([index / 25 for index in range(10)])


def test_a_film_that_breaks_off_is_played_up_to_there(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), np.uint8)
    whole = write_film(tmp_path / "whole.mkv", list(noise), codec="mjpeg", pix_fmt="yuvj420p").read_bytes()
    (tmp_path / "broken.mkv").write_bytes(whole[: len(whole) // 2])
    _, frames = play(tmp_path / "broken.mkv")
    assert 5 <= len(frames) < 20


def test_damage_in_the_middle_costs_the_damaged_pictures_only(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), np.uint8)
    data = bytearray(write_film(tmp_path / "film.avi", list(noise), codec="png", pix_fmt="rgb24").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1000] = bytes(1000)  # within one picture of 9 kB
    (tmp_path / "film.avi").write_bytes(data)
    _, frames = play(tmp_path / "film.avi")
    assert frames[-1].time == pytest.approx(19 / 25)
    assert len(frames) == 19


def test_closing_from_elsewhere_ends_the_film_after_the_frame_at_hand(tmp_path: Path):
    source = MediaFile(write_film(tmp_path / "film.mp4", greys(10)), SourceConfig())
    source.open()
    frames = source.frames()
    next(frames)
    source.close()
    source.close()
    assert list(frames) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no colon in a file's name")
def test_a_name_that_looks_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_film(tmp_path / "film.mp4", greys(3)).rename(tmp_path / "take:1.mp4")
    monkeypatch.chdir(tmp_path)
    _, frames = play(Path("take:1.mp4"))
    assert len(frames) == 3


def test_more_decoding_threads_give_the_same_pictures(tmp_path: Path):
    path = write_film(tmp_path / "film.mp4", greys(10), codec="libx264")
    _, one = play(path)
    _, two = play(path, decode_threads=2)
    assert times(one) == times(two)
    assert all(np.array_equal(a.small, b.small) for a, b in zip(one, two, strict=True))


def test_what_is_no_film_is_refused_and_says_why(tmp_path: Path):
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a film\n" * 50)
    write_sound(tmp_path / "sound.wav")
    (tmp_path / "folder").mkdir()
    for name, why in {
        "missing.mp4": "no such file",
        "noise.mp4": "cannot be opened as a film",
        "empty.mp4": "cannot be opened as a film",
        "notes.txt": "got text",
        "sound.wav": "no moving pictures in it, got audio",
        "folder": r"a folder, not a film; for the pictures in it, `images:.*folder`",
    }.items():
        with pytest.raises(SourceError, match=why):
            MediaFile(tmp_path / name, SourceConfig()).open()


def test_a_song_with_a_cover_picture_is_no_film(tmp_path: Path):
    path = song_with_cover(tmp_path)
    with pytest.raises(SourceError, match="got a cover picture only"):
        MediaFile(path, SourceConfig()).open()


def song_with_cover(folder: Path) -> Path:
    """A FLAC without a note whose only block of pictures holds a cover (RFC 9639, 8.8)."""
    cover = write_picture(folder / "cover.png", plain(1, 2, 3)).read_bytes()

    def number32(value: int) -> bytes:
        return value.to_bytes(4, "big")

    mime = b"image/png"
    header = number32(3) + number32(len(mime)) + mime + number32(0)
    size = number32(64) + number32(48) + number32(24) + number32(0)
    block = header + size + number32(len(cover)) + cover
    rate_and_depth = ((8000 << 44) | (15 << 36)).to_bytes(8, "big")
    info = (4096).to_bytes(2, "big") * 2 + bytes(6) + rate_and_depth + bytes(16)
    path = folder / "song.flac"
    path.write_bytes(b"fLaC" + bytes([0, 0, 0, 34]) + info + bytes([0x86]) + len(block).to_bytes(3, "big") + block)
    return path
