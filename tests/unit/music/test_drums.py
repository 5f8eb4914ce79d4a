from itertools import pairwise

import numpy as np
import pytest

from stream_v2m.core.commands import Controls
from stream_v2m.core.values import Cue, Event
from stream_v2m.music.kit import KIT
from tests.support.arrangement import CRASH, DRUMS, style
from tests.support.music import STILL, affect, events, notes, plans, sequencer

pytestmark = pytest.mark.unit

GROOVE = "k+h h h h | s+h h h k | h h k+h h | s+h h o h"
ONE = style(DRUMS | {"figures": [GROOVE], "fill": [], "density": [[0, 0], [20, 20]]})
BAND = style(DRUMS, CRASH)


def struck(density, song="C C C C C C C C", *, drums=ONE, mood=None, controls=STILL):
    playing = sequencer(plans(song, density=density, mood=mood), style=drums)
    return notes(events(playing, float(len(song.split())), controls=controls))


def hits(found, letter):
    return [note.onset * 2 % 4 for note in found if note.pitch == KIT[letter]]


def test_a_figure_is_struck_as_it_is_written():
    found = struck(20, "C C")
    assert hits(found, "k") == [0.0, 1.75, 2.5]
    assert hits(found, "s") == [1.0, 3.0]
    assert hits(found, "o") == [3.5]
    assert len(found) == 20


def test_a_groove_thins_to_its_backbeat_and_its_first_kick():
    def kept(density):
        return {(letter, place) for letter in KIT for place in hits(struck(density, "C C"), letter)}

    sets = [kept(density) for density in range(1, 11)]
    assert all(thinner <= fuller for thinner, fuller in pairwise(sets))
    assert ("k", 0.0) in sets[0] and ("s", 3.0) in sets[0]
    assert {("k", 0.0), ("s", 1.0), ("s", 3.0)} <= sets[1]


def test_a_groove_that_is_asked_for_steadily_is_steady():
    found = struck(7, "C " * 16)
    bars = [
        tuple((note.onset % 2, note.pitch) for note in found if bar * 2 <= note.onset < bar * 2 + 2) for bar in range(8)
    ]
    assert len(set(bars)) == 1


def test_what_was_asked_is_what_is_struck():
    asked = np.arange(1, 18)
    given = [len(struck(density)) / 8 for density in asked]
    assert np.mean(np.abs(np.minimum(asked, 9.5) - given)) < 0.6


def test_drums_play_on_where_there_is_no_chord_and_are_never_transposed():
    assert [note.pitch for note in struck(12, "N N N N")] == [note.pitch for note in struck(12, "C C C C")]
    moved = struck(12, "C C", controls=Controls(cue_strength=0, transpose=7))
    assert {note.pitch for note in moved} <= set(KIT.values())


def test_hats_lie_under_the_kick_and_unaccented_snares_between_beats_are_ghosts():
    found = struck(20, "C C", drums=style(DRUMS | {"figures": ["k+h s | s+h h | k+h h | s+h h"], "fill": []}))
    level = {(note.pitch, note.onset): note.velocity for note in found}
    assert level[KIT["h"], 0.0] < level[KIT["k"], 0.0]
    assert level[KIT["s"], 0.25] < level[KIT["s"], 0.5] - 15


def test_when_much_happens_the_fourth_bar_ends_with_a_fill_and_the_next_begins_with_a_crash():
    def last_half_bar(arousal):
        found = struck(12, "C " * 10, drums=BAND, mood=affect(0.0, arousal), controls=Controls())
        toms = [note.onset for note in found if note.pitch in (KIT["t"], KIT["m"], KIT["b"])]
        return toms, [note.onset for note in found if note.pitch == KIT["x"]]

    toms, crashes = last_half_bar(0.9)
    assert toms == [7.25, 7.375, 7.5, 7.625, 7.75, 7.875]
    assert crashes == [8.0]
    assert last_half_bar(0.0) == ([], [])


def test_no_drums_are_asked_for_no_fill_is_played():
    quiet = style(DRUMS | {"density": [[0, 0]]})
    assert struck(12, "C C C C", drums=quiet, mood=affect(0.0, 1.0), controls=Controls()) == []


def test_a_cut_strikes_the_kit_at_once_even_where_there_is_no_chord():
    playing = sequencer(plans("N N"), style=BAND)
    playing.events(0.4, Controls())
    found = playing.accents([Cue(0.41, 0.8, Event.HIT)], at=0.42, controls=Controls())
    assert {(note.pitch, note.onset) for note in found} == {(KIT["x"], 0.42), (KIT["k"], 0.42)}


def test_a_stroke_is_short_and_never_blocks_the_next():
    found = struck(20, "C C")
    assert max(note.duration for note in found) <= 0.1
    fast = style(DRUMS | {"figures": ["h h h h h h h h | h h h h h h h h"], "fill": [], "density": [[0, 99]]})
    assert len(struck(20, "C C", drums=fast)) == 32
