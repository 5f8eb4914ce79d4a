"""What zones, accents on a grid and chords on cuts make of the notes."""

from dataclasses import replace

import pytest

from stream_v2m.core.controls import Controls
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import Cue, Event, StepPlan
from stream_v2m.music.sequencer import Sequencer
from stream_v2m.music.timeline import end_of
from tests.support.arrangement import BAND, BASS, CRASH, KEYS, PAD, STAB, style
from tests.support.music import PLAIN, events, notes, plan, plans, sequencer

pytestmark = pytest.mark.unit

SNAP = Controls(accent_snap=0.5)
ON_CUT = Controls(chord_on_cut=1.0)


def hit(at: float, motion: float = 0.5) -> Cue:
    return Cue(at, motion, Event.HIT, at)


def cut(origin: float, after: float = 0.07) -> Cue:
    return Cue(origin + after, 0.5, Event.CUT, origin)


def coming(playing: Sequencer, at: float) -> StepPlan:
    found = playing.coming(at)
    assert found is not None
    return found


def zoned(*, left: float, right: float, controls: Controls, playing_style=BAND) -> dict[str, list]:
    """Four seconds of 120 bpm in which both halves of the picture move for themselves."""
    playing = Sequencer(playing_style, InternalTempo(120), PLAIN, seed=1, zones=("left", "right"))
    for each in plans("C A:min F G", density=12):
        playing.accept(each)
    found = []
    for turn in range(200):
        moment = turn * 0.02
        playing.accents([Cue(moment, (left + right) / 2, zones=(left, right))], at=moment, controls=controls)
        found += playing.events(moment + 0.02, controls)
    return {part.name: notes(found, part.name) for part in playing_style.parts}


def velocity(found: list) -> float:
    return sum(note.velocity for note in found) / len(found)


def test_each_part_follows_the_motion_of_its_zone():
    controls = Controls(zones={"bass": "left", "keys": "right"})
    lively_left, lively_right = (zoned(left=a, right=1 - a, controls=controls) for a in (1.0, 0.0))
    assert velocity(lively_left["bass"]) > velocity(lively_right["bass"]) + 10
    assert velocity(lively_left["keys"]) < velocity(lively_right["keys"]) - 10
    assert len(lively_left["keys"]) < len(lively_right["keys"])
    assert [note.velocity for note in lively_left["drums"]] == [note.velocity for note in lively_right["drums"]]


def test_a_zone_may_be_given_to_a_role_and_a_style_may_give_its_own():
    by_role = zoned(left=0.0, right=1.0, controls=Controls(zones={"arpeggio": "right"}))
    by_name = zoned(left=0.0, right=1.0, controls=Controls(zones={"keys": "right"}))
    own = style(BASS, PAD, {**KEYS, "zone": "right"})
    assert by_role["keys"] == by_name["keys"]
    assert velocity(zoned(left=0.0, right=1.0, controls=Controls(), playing_style=own)["keys"]) > velocity(
        zoned(left=1.0, right=0.0, controls=Controls(), playing_style=own)["keys"]
    )


def test_at_zone_strength_0_every_part_follows_the_whole():
    mapped = Controls(zones={"bass": "left", "keys": "right"}, zone_strength=0.0)
    assert zoned(left=1.0, right=0.0, controls=mapped) == zoned(left=0.0, right=1.0, controls=Controls())


def struck(controls: Controls, *cues: Cue, playing: Sequencer | None = None, until: float = 4.0) -> list:
    """The accents of a performance in slices of 20 ms that looks 40 ms ahead; cues come at their times."""
    playing = playing or sequencer(plans("C F G A:min"))
    found = []
    for turn in range(round(until / 0.02)):
        now = turn * 0.02
        found += playing.accents([cue for cue in cues if now - 0.02 < cue.time <= now], at=now, controls=controls)
        found += playing.events(now + 0.04, controls)
    return [note for note in notes(found) if note.part in ("stab", "crash")]


@pytest.mark.parametrize("at", [0.51, 0.6, 0.72, 0.74])
def test_an_accent_waits_for_the_next_place_on_the_grid(at):
    assert {note.onset for note in struck(SNAP, hit(at))} == {0.75}


def test_an_accent_on_a_coarse_grid_strikes_the_chord_that_sounds_there():
    found = struck(Controls(accent_snap=2.0), hit(0.9))
    assert {note.onset for note in found} == {1.0}
    assert {note.pitch % 12 for note in found} == {5, 0}  # F, which begins there


def test_two_accents_for_one_place_are_one_as_loud_as_the_louder():
    both, one = struck(Controls(accent_snap=1.0), hit(1.05, 0.1), hit(1.4, 1.0)), struck(SNAP, hit(1.4, 1.0))
    assert [(note.onset, note.velocity) for note in both] == [(note.onset, note.velocity) for note in one]


def test_an_accent_on_the_grid_swings_with_its_part():
    swinging = style(BASS, {**STAB, "swing": 0.66})
    found = struck(SNAP, hit(0.51), playing=sequencer(plans("C F G A:min"), style=swinging))
    assert {round(note.onset, 6) for note in found} == {0.83}


def test_no_accent_waits_through_a_rest():
    playing = sequencer(plans("C F G A:min"))
    playing.events(0.52, SNAP)
    assert not playing.accents([hit(0.51)], at=0.51, controls=Controls(accent_snap=2.0))
    playing.stop(0.7)
    playing.events(1.5, SNAP)
    playing.play(4.0)
    assert not [note for note in notes(playing.events(4.0, SNAP)) if note.part == "stab"]


def test_a_gesture_strikes_one_soft_note_and_no_crash():
    playing = [sequencer(plans("C F G A:min"), style=style(BASS, STAB, {**CRASH, "onsets": False})) for _ in range(2)]
    onset = replace(hit(0.6), event=Event.ONSET)
    light = struck(Controls(motion_onsets=1.0), onset, playing=playing[0])
    heavy = struck(Controls(), hit(0.6), playing=playing[1])
    assert [note.part for note in light] == ["stab"]
    assert {note.part for note in heavy} == {"stab", "crash"}
    assert light[0].velocity < max(note.velocity for note in heavy if note.part == "stab")


def test_a_sure_cut_brings_the_coming_chord_to_the_next_subdivision():
    playing = sequencer(plans("C F G A:min"))
    playing.events(0.4, ON_CUT)
    playing.accents([hit(0.3)], at=0.31, controls=ON_CUT)
    assert coming(playing, 0.38).onset == 2.0
    playing.accents([cut(0.3)], at=0.38, controls=ON_CUT)
    early = coming(playing, 0.38)
    assert (early.onset, end_of(early), early.step) == (1.0, 4.0, 1)
    found = playing.events(4.0, ON_CUT)
    pads = sorted({note.onset for note in notes(found, "pad")})
    assert pads[:2] == [0.5, 2.0]  # F half a beat early and held over its own place, then G on its beat
    assert {note.pitch % 12 for note in notes(found, "bass") if note.onset == 0.5} == {5}


def test_a_chord_that_stays_is_struck_again_at_the_cut():
    playing = sequencer(plans("C C C C"))
    found = playing.events(0.4, ON_CUT)
    playing.accents([cut(0.3)], at=0.38, controls=ON_CUT)
    found += playing.events(4.0, ON_CUT)
    assert sorted({note.onset for note in notes(found, "pad")})[:3] == [0.0, 0.5, 2.0]


@pytest.mark.parametrize("origin", [1.0, 0.95, 1.1])
def test_a_chord_that_begins_with_the_cut_is_the_cuts_already(origin):
    playing = sequencer(plans("C F G A:min"))
    playing.events(origin + 0.1, ON_CUT)
    playing.accents([cut(origin)], at=origin + 0.08, controls=ON_CUT)
    assert coming(playing, origin + 0.08).onset == 4.0


def test_a_chord_that_is_decided_after_the_cut_comes_on_the_next_subdivision_then():
    playing = sequencer([plan(0, "C")])
    playing.events(0.4, ON_CUT)
    playing.accents([cut(0.3)], at=0.38, controls=ON_CUT)
    playing.accept(plan(1, "F"))
    assert coming(playing, 0.38).onset == 1.0


def test_a_chord_that_is_decided_anew_for_the_cut_begins_where_the_cut_has_brought_it():
    playing = sequencer(plans("C F"))
    found = playing.events(0.4, ON_CUT)
    playing.accents([cut(0.3)], at=0.38, controls=ON_CUT)
    playing.accept(plan(1, "A:min"))
    found += playing.events(2.0, ON_CUT)
    assert {note.pitch % 12 for note in notes(found, "bass") if 0.5 <= note.onset < 2.0} == {9}


def test_a_chord_that_is_decided_anew_too_late_comes_on_its_own_beat():
    playing = sequencer(plans("C F"))
    found = playing.events(0.4, ON_CUT)
    playing.accents([cut(0.3)], at=0.38, controls=ON_CUT)
    found += playing.events(0.6, ON_CUT)
    playing.accept(plan(1, "A:min"))
    found += playing.events(2.0, ON_CUT)
    roots = {note.onset: note.pitch % 12 for note in notes(found, "bass")}
    assert (roots[0.5], roots[1.0]) == (5, 9)


def test_a_chord_that_is_decided_long_after_the_cut_keeps_its_place():
    playing = sequencer([plan(0, "C")])
    playing.events(0.2, ON_CUT)
    playing.accents([cut(0.1)], at=0.18, controls=ON_CUT)
    playing.events(0.9, ON_CUT)
    playing.accept(plan(1, "F"))
    assert coming(playing, 0.9).onset == 2.0


def test_without_the_strength_a_cut_moves_no_chord_and_a_cadence_is_left_alone():
    playing = sequencer(plans("C F G A:min"))
    playing.events(0.4, Controls())
    playing.accents([cut(0.3)], at=0.38, controls=Controls())
    assert coming(playing, 0.38).onset == 2.0
    playing.finish([each.chord for each in plans("G C")], at=0.4)
    playing.accents([cut(1.2)], at=1.28, controls=ON_CUT)
    assert coming(playing, 1.28).onset == 4.0


def test_slices_of_any_size_give_the_same_music_with_all_of_it_on():
    controls = Controls(accent_snap=0.5, chord_on_cut=1.0, motion_onsets=1.0)

    def performance(slice_s: float) -> list:
        playing = sequencer(plans("C F G A:min"))
        found = events(playing, 0.2, controls=controls, slice_s=slice_s)
        found += playing.accents([hit(0.2)], at=0.2, controls=controls)
        found += playing.accents([cut(0.13)], at=0.2, controls=controls)
        found += events(playing, 2.0, start=0.2, controls=controls, slice_s=slice_s)
        return [(note.onset, note.pitch, note.part) for note in notes(found)]

    assert performance(0.02) == performance(0.1)
