"""Which of the things seen are accented."""

import pytest

from stream_v2m.core.controls import Controls
from stream_v2m.core.values import Cue, Event
from stream_v2m.music.accent import Accents, brings_chord, on_grid

pytestmark = pytest.mark.unit


def asked(*cues: Cue, **controls) -> list[bool]:
    accents = Accents(0.25)
    return [accents.asked([cue], Controls(**controls)) is not None for cue in cues]


@pytest.mark.parametrize("confirmed", [Event.CUT, Event.FLASH])
def test_a_hit_and_what_confirms_it_are_one_accent(confirmed):
    found = asked(Cue(1.0, 0.5, Event.HIT, 1.0), Cue(1.08, 0.5, confirmed, 1.0))
    assert found == [True, False]


def test_a_hit_within_the_gap_is_none_and_its_confirmation_is_none_either():
    found = asked(
        Cue(1.0, 0.5, Event.HIT, 1.0), Cue(1.2, 0.5, Event.HIT, 1.2), Cue(1.3, 0.5, Event.CUT, 1.2), Cue(1.4, 0.5)
    )
    assert found == [True, False, False, False]


def test_events_apart_are_accented_each_and_a_cut_without_its_hit_too():
    found = asked(Cue(1.0, 0.5, Event.HIT), Cue(1.5, 0.5, Event.HIT), Cue(2.5, 0.5, Event.CUT, 2.42))
    assert found == [True, True, True]


HIT_AND_CUT = Cue(1.0, 0.5, Event.HIT, 1.0), Cue(1.08, 0.5, Event.CUT, 1.0)
HIT_AND_FLASH = Cue(2.0, 0.5, Event.HIT, 2.0), Cue(2.08, 0.5, Event.FLASH, 2.0)


def test_with_cuts_alone_an_accent_waits_until_it_is_sure_and_no_flash_has_one():
    assert asked(*HIT_AND_CUT, *HIT_AND_FLASH, accents="all") == [True, False, True, False]
    assert asked(*HIT_AND_CUT, *HIT_AND_FLASH, accents="cuts") == [False, True, False, False]
    assert asked(*HIT_AND_CUT, *HIT_AND_FLASH, accents="off") == [False] * 4


def test_a_gesture_is_accented_where_that_is_wanted_and_lightly():
    onset = Cue(3.0, 0.8, Event.ONSET, 3.0)
    assert asked(onset) == [False]
    light = Accents(0.25).asked([onset], Controls(motion_onsets=1.0))
    heavy = Accents(0.25).asked([Cue(3.0, 0.8, Event.HIT, 3.0)], Controls())
    assert light is not None and heavy is not None
    assert light.light and not heavy.light
    assert light.strength < heavy.strength


def test_a_gesture_gives_way_to_a_cut_and_never_the_other_way_round():
    gesture, hit = Cue(1.0, 0.5, Event.ONSET, 1.0), Cue(1.1, 0.5, Event.HIT, 1.1)
    assert asked(gesture, hit, Cue(1.2, 0.5, Event.ONSET, 1.2), motion_onsets=1.0) == [True, True, False]


def test_the_strengths_make_accents_softer_and_0_leaves_them_out():
    def strength(**controls):
        accent = Accents(0.25).asked([Cue(1.0, 0.5, Event.HIT, 1.0)], Controls(**controls))
        return accent.strength if accent else 0.0

    assert strength() > strength(accent_strength=0.5) > strength(accent_strength=0.0) == 0.0
    assert strength(cue_strength=0.5) == strength(accent_strength=0.5)


@pytest.mark.parametrize(
    ("beat", "unit", "found"), [(3.1, 0.5, 3.5), (3.5, 0.5, 3.5), (3.5000001, 0.5, 3.5), (3.1, 0, 3.1)]
)
def test_the_grid_is_met_at_once_or_at_the_next_place(beat, unit, found):
    assert on_grid(beat, unit) == found


def test_of_the_cuts_the_share_that_is_asked_for_brings_a_chord_and_always_the_same_ones():
    cuts = [Cue(moment + 0.08, 0.5, Event.CUT, moment) for moment in range(1000)]
    brought = [cut for cut in cuts if brings_chord(cut, Controls(chord_on_cut=0.3))]
    assert 250 < len(brought) < 350
    assert brought == [cut for cut in cuts if brings_chord(cut, Controls(chord_on_cut=0.3))]
    assert all(brings_chord(cut, Controls(chord_on_cut=1.0)) for cut in cuts)
    assert not any(brings_chord(cut, Controls()) for cut in cuts)
    assert not brings_chord(Cue(1.0, 0.5, Event.HIT, 1.0), Controls(chord_on_cut=1.0))
