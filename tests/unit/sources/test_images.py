"""Folders of pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_v2m.core.errors import SourceError
from stream_v2m.sources.images import Images
from stream_v2m.sources.natural import natural
from stream_v2m.sources.source import SourceConfig
from tests.support.pictures import greys, number, plain, write_picture

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, picture in zip((1, 2, 10, 11), greys(4), strict=True):
        write_picture(tmp_path / f"shot{index}.png", picture)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def played(where: object, **settings: object) -> tuple[list[float], list[int]]:
    source = Images(str(where), SourceConfig.model_validate({"image_rate_hz": 10, **settings}))
    source.open()
    times, numbers = [], []
    for frame in source.frames():
        times.append(frame.time)
        numbers.append(number(frame.small))
        if len(times) == 10:
            source.close()
    return times, numbers


def test_names_are_sorted_as_people_count():
    assert sorted(["b2", "B10", "a", "b1", "10", "9"], key=natural) == ["9", "10", "a", "b1", "b2", "B10"]


def test_a_folder_is_played_in_natural_order_at_the_rate_that_is_set(folder: Path):
    times, numbers = played(folder)
    assert numbers == [0, 1, 2, 3]
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_a_glob_takes_only_what_fits(folder: Path):
    assert played(folder / "shot1*.png")[1] == [0, 2, 3]


def test_pictures_can_be_sought_and_looped(folder: Path):
    times, numbers = played(folder, seek_s=0.2, loop=True)
    assert numbers == [2, 3] * 5
    assert times == pytest.approx([index / 10 for index in range(10)])


def test_pictures_of_several_sizes_make_one_film(tmp_path: Path):
    write_picture(tmp_path / "1.png", plain(20, 20, 20))
    write_picture(tmp_path / "2.png", plain(30, 30, 30, width=321, height=179))
    assert played(tmp_path)[1] == [0, 1]


def test_an_empty_folder_and_a_glob_that_fits_nothing_are_refused(tmp_path: Path):
    for where in (tmp_path, tmp_path / "*.png"):
        with pytest.raises(SourceError, match="no pictures, expected a folder of pictures or a glob"):
            played(where)


def test_pictures_that_are_over_before_they_begin_are_refused(folder: Path):
    with pytest.raises(SourceError, match=r"over before they begin, got seek_s = 0\.4, expected less than 0\.4"):
        played(folder, seek_s=0.4)


def test_a_damaged_picture_is_named(folder: Path):
    (folder / "shot2.png").write_bytes(b"not a picture at all")
    with pytest.raises(SourceError, match=r"shot2\.png: cannot be decoded"):
        played(folder)
