"""Reading a log back: what is torn or broken costs only itself; what is no take is said to be none."""

import json
from pathlib import Path

import pytest

from stream_v2m.core.commands.tempo import SetTempo
from stream_v2m.core.errors import TakeError
from stream_v2m.core.values import MidiEvent
from stream_v2m.takes.shelf import LOG
from stream_v2m.takes.take import Released, Take

pytestmark = pytest.mark.unit

HEADER = {"take": 1, "program": "0.1", "begun": "2026-11-22T04:09:29", "source": "film:", "config": {}, "style": ""}
LINES = [
    {"began": 0.25},
    {"tempo": 120.0, "moment": 1.25, "beat": 0.0},
    {"seen": 0.3, "motion": 0.5, "at": 0.31},
    {"mark": "C:maj", "at": 1.25},
    {"command": "set_tempo", "arguments": {"bpm": 90}, "at": 1.0},
    {"midi": "903c40", "due": 1.25, "until": 2.0},
    {"released": 3.0},
    {"ended": 3.0},
]


def written(folder: Path, *lines: object, tail: bytes = b"") -> Path:
    text = "".join(json.dumps(line) + "\n" if not isinstance(line, str) else line + "\n" for line in lines)
    (folder / LOG).write_bytes(text.encode() + tail)
    return folder


def test_a_whole_log_is_read_in_its_order(tmp_path):
    take = Take.read(written(tmp_path, HEADER, *LINES))
    assert (take.began, take.ended, take.end) == (0.25, 3.0, 3.0)
    assert take.seen[0].at == 0.31
    assert take.seen[0].cues[0].time == 0.3
    assert take.commands == [(1.0, SetTempo(bpm=90))]
    assert take.marks == [(1.25, "C:maj")]
    assert take.tempi[0].moment == 1.25
    assert take.sent == [MidiEvent(1.25, -1, b"\x90\x3c\x40", release=2.0), Released(3.0)]
    assert (take.garbage, take.lost) == (0, 0)


def test_a_torn_last_line_is_tolerated_and_the_take_is_known_to_be_cut_off(tmp_path):
    take = Take.read(written(tmp_path, HEADER, *LINES[:6], tail=b'{"seen":7.0,"mo'))
    assert take.ended is None
    assert take.end == 1.25
    assert take.garbage == 0


def test_garbage_is_counted_and_passed_over(tmp_path):
    broken = ["\x00\x00", "[]", "{}", "7", '{"strange":1}', '{"seen":"x","motion":1}', '{"midi":null,"due":1}', ""]
    take = Take.read(written(tmp_path, HEADER, *broken, *LINES, {"lost": 12}))
    assert take.garbage == len(broken)
    assert take.lost == 12
    assert len(take.sent) == 2


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("", "no take"),
        ("not JSON", "no take"),
        ({"seen": 1.0, "motion": 0.0}, "no take"),
        ({key: value for key, value in HEADER.items() if key != "config"}, "no take"),
        (HEADER | {"take": 2, "program": "9.0"}, "another version, got format 2, expected format 1.*stream-v2m 9.0"),
    ],
)
def test_what_does_not_begin_as_a_take_is_refused_with_the_reason(tmp_path, first, words):
    with pytest.raises(TakeError, match=words):
        Take.read(written(tmp_path, first, *LINES))


def test_a_folder_without_a_log_is_no_take(tmp_path):
    with pytest.raises(TakeError, match="cannot be read"):
        Take.read(tmp_path)
