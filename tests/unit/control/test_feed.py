"""What happens, handed to listeners: bounded for each, written once for all."""

import json

import numpy as np
import pytest

from stream_v2m.control.feed import CAPACITY, Box, Feed, News
from stream_v2m.core.values import Cue, Event, Frame, MidiEvent, NoteEvent, ProgramEvent, Track

pytestmark = pytest.mark.unit

ALL = frozenset({"notes", "cue", "midi", "released"})
NOTE = NoteEvent(1.0, 0.5, 60, 90, "bass")
FRAME = Frame(0.0, np.zeros((3, 90, 160), np.uint8), lambda width, height: np.zeros((height, width, 3), np.uint8))


def take(box: Box) -> list[dict]:
    return [json.loads(news.text) for news in iter(box.take, None)]


def types(box: Box) -> list[str]:
    return [news["type"] for news in take(box)]


def test_everything_arrives_in_the_order_in_which_it_happened():
    feed = Feed()
    with feed.listening(ALL) as box:
        feed.played([NOTE])
        feed.sent([MidiEvent(1.0, 0, b"\x90\x3c\x5a", 1.5)])
        feed.saw(FRAME, [Cue(1.0, 0.5), Cue(1.0, 0.5, Event.CUT)], None, at=1.0)
        feed.released(2.0)
        assert types(box) == ["notes", "midi", "cue", "released"]
        assert types(box) == []


def test_only_what_is_wanted_arrives():
    feed = Feed()
    with feed.listening(frozenset({"released"})) as box:
        feed.played([NOTE])
        feed.released(2.0)
        assert types(box) == ["released"]


def test_motion_alone_programs_alone_and_clock_pulses_are_no_news():
    feed = Feed()
    with feed.listening(ALL) as box:
        feed.saw(FRAME, [Cue(1.0, 0.5)], None, at=1.0)
        feed.played([ProgramEvent(0.0, 1, "bass")])
        feed.sent([MidiEvent(1.0, 0, b"\xf8")])
        assert types(box) == []


def test_a_note_tells_the_channel_of_its_part():
    feed = Feed()
    feed.arranged([Track("bass", 7)])
    with feed.listening(ALL) as box:
        feed.played([NOTE])
        assert take(box)[0]["notes"][0]["channel"] == 7


def test_news_are_written_once_however_many_listen():
    feed, made = Feed(), []
    with feed.listening(ALL) as one, feed.listening(ALL) as other:
        feed.played([NOTE])
        assert one.take() is other.take() is not None
    news = News("notes", lambda: made.append(1) or "text")  # type: ignore[func-returns-value]
    assert (news.text, news.text, len(made)) == ("text", "text", 1)


def test_a_box_that_overflows_forgets_all_and_says_so():
    feed = Feed()
    with feed.listening(ALL) as box:
        for moment in range(CAPACITY + 1):
            feed.released(float(moment))
        assert [news["at"] for news in take(box)] == [CAPACITY]
        assert [box.lagged(), box.lagged()] == [True, False]


SOUNDS = [MidiEvent(0.5, 0, b"\xc0\x05"), MidiEvent(0.5, 0, b"\xb0\x07\x40"), MidiEvent(9.0, 0, b"\xb0\x0b\x50")]
TOLD = [{"due": each.due, "data": list(each.message), "release": None} for each in SOUNDS]


def test_who_joins_for_midi_first_gets_the_sounds_that_hold_and_no_note():
    feed = Feed()
    feed.sent([*SOUNDS[:2], MidiEvent(1.0, 0, b"\xb0\x0b\x40"), MidiEvent(1.0, 0, b"\x90\x3c\x5a", 1.5), SOUNDS[2]])
    with feed.listening(frozenset({"midi"})) as box, feed.listening(frozenset({"notes"})) as other:
        feed.sent([MidiEvent(10.0, 0, b"\x90\x3c\x5a", 10.5)])
        sounds, note = take(box)
        assert sounds == {"type": "midi", "messages": TOLD}
        assert note["messages"][0]["data"] == [0x90, 60, 90]
        assert take(other) == []


def test_who_lost_messages_gets_the_sounds_again_before_what_comes():
    feed = Feed()
    with feed.listening(frozenset({"midi"})) as box:
        feed.sent(SOUNDS)
        for _ in range(CAPACITY):
            feed.sent([MidiEvent(10.0, 0, b"\x90\x3c\x5a", 10.5)])
        assert box.lagged()
        sounds, note = take(box)
        assert sounds["messages"] == TOLD
        assert note["messages"][0]["data"] == [0x90, 60, 90]


async def test_what_a_listener_begins_with_is_there_at_once():
    feed = Feed()
    feed.sent(SOUNDS)
    with feed.listening(frozenset({"midi"})) as box:
        await box.wait()
        assert [sounds["messages"] for sounds in take(box)] == [TOLD]


def test_nothing_is_kept_for_who_has_gone_nor_before_anybody_came():
    feed = Feed()
    feed.released(0.0)
    with feed.listening(ALL) as box:
        assert types(box) == []
    feed.released(1.0)
    assert types(box) == []


def test_the_newest_picture_is_kept():
    feed = Feed()
    assert feed.frame is None
    feed.saw(FRAME, [], None, at=0.0)
    assert feed.frame is FRAME
