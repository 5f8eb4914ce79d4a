"""The folder of takes: nothing is written over, and a name may be short."""

import os
from pathlib import Path

import pytest

from stream_v2m.core.errors import TakeError
from stream_v2m.takes.shelf import LOG, Shelf

pytestmark = pytest.mark.unit


def kept(shelf: Shelf, *names: str) -> None:
    for age, name in enumerate(reversed(names)):
        log = shelf.new(name) / LOG
        log.write_text("")
        os.utime(log, (1e9 - age, 1e9 - age))


def test_a_name_that_is_taken_gets_a_number_and_the_older_take_stays(tmp_path):
    shelf = Shelf(tmp_path / "not" / "there" / "yet")
    kept(shelf, "gig")
    paths = [shelf.new("gig") for _ in range(2)]
    assert [path.name for path in paths] == ["gig-2", "gig-3"]
    assert (shelf.folder / "gig" / LOG).exists()


def test_takes_are_listed_by_age_and_what_is_no_take_is_not(tmp_path):
    shelf = Shelf(tmp_path)
    kept(shelf, "zoo", "ape")
    (tmp_path / "other").mkdir()
    (tmp_path / "file").write_text("")
    assert [path.name for path in shelf.takes()] == ["zoo", "ape"]
    assert Shelf(tmp_path / "missing").takes() == []


def test_a_take_is_found_by_its_name_its_beginning_or_as_the_last(tmp_path):
    shelf = Shelf(tmp_path)
    kept(shelf, "monday", "monday-2", "tuesday", "a")
    found = {name: shelf.find(name).name for name in ("monday", "tu", "monday-", "last")}
    assert found == {"monday": "monday", "tu": "tuesday", "monday-": "monday-2", "last": "a"}


@pytest.mark.parametrize(
    ("name", "words"), [("mo", "more than one.*monday, monday-2"), ("x", "no such take"), ("", "no such take")]
)
def test_a_name_of_none_or_of_several_says_which_there_are(tmp_path, name, words):
    kept(Shelf(tmp_path), "monday", "monday-2")
    with pytest.raises(TakeError, match=words):
        Shelf(tmp_path).find(name)


def test_without_any_take_the_cure_is_to_keep_one(tmp_path):
    with pytest.raises(TakeError, match="--take"):
        Shelf(tmp_path).find("last")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "last", "-x", "a\n"])
def test_a_name_that_would_leave_the_folder_or_mislead_is_refused(tmp_path, name):
    with pytest.raises(TakeError, match="no name for a take"):
        Shelf(tmp_path).new(name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_says_the_cure(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TakeError, match=r"takes\.folder"):
        Shelf(tmp_path / "file").new("gig")


def test_removing_a_take_leaves_the_others(tmp_path: Path):
    shelf = Shelf(tmp_path)
    kept(shelf, "one", "two")
    shelf.remove(shelf.find("one"))
    assert [path.name for path in shelf.takes()] == ["two"]
