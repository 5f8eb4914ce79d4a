"""Sound fonts: the best one of the usual folders, or the one that was named."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_v2m.core.errors import PortError
from stream_v2m.midi import soundfont
from stream_v2m.midi.soundfont import find_soundfont

pytestmark = pytest.mark.unit


def make(file: Path, head: bytes = b"RIFF\x04\x00\x00\x00sfbk") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(head)
    return file


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    found = [tmp_path / "home", tmp_path / "system"]
    monkeypatch.setattr(soundfont, "_folders", lambda: found)
    return found


def test_a_known_font_is_better_than_an_unknown_one(folders):
    make(folders[0] / "Accordion.sf2")
    known = make(folders[1] / "TimGM6mb.sf2")
    assert find_soundfont() == known


def test_among_known_fonts_the_system_s_choice_is_the_best(folders):
    make(folders[0] / "TimGM6mb.sf2")
    chosen = make(folders[1] / "default-GM.sf3")
    assert find_soundfont() == chosen


def test_other_files_are_no_sound_fonts(folders):
    make(folders[0] / "README.txt")
    with pytest.raises(PortError, match="no sound font found"):
        find_soundfont()


def test_a_named_font_is_taken_as_it_is(tmp_path, folders):
    make(folders[0] / "default-GM.sf2")
    mine = make(tmp_path / "elsewhere" / "mine.SF2")
    assert find_soundfont(mine) == mine


def test_a_named_font_that_is_missing_is_refused(tmp_path):
    with pytest.raises(PortError, match=r"gone\.sf2: the sound font cannot be read \(No such file"):
        find_soundfont(tmp_path / "gone.sf2")


def test_a_named_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(PortError, match="is no sound font"):
        find_soundfont(make(tmp_path / "song.sf2", head=b"MThd\x00\x00\x00\x06\x00\x01\x00\x01"))
