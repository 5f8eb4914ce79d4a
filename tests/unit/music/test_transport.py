from dataclasses import replace

import pytest

from stream_v2m.core.chords import Chord
from stream_v2m.core.commands import Controls
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import ControlEvent, Cue, Event, ProgramEvent
from stream_v2m.music.sequencer import Sequencer
from tests.support.arrangement import BAND, BASS, KEYS, PAD, style
from tests.support.music import PLAIN, STILL, events, notes, plan, plans, sequencer

pytestmark = pytest.mark.unit

TRIO = style(BASS, PAD, KEYS)
SONG = "C F G C A:min F G:7 C C F G C"


class LeapingTempo:
    """120 bpm, ahead by as many beats as it has leapt."""

    bpm = 120.0

    def __init__(self):
        self.ahead = 0.0

    def beat_at(self, moment):
        return moment * 2 + self.ahead

    def time_at(self, beat):
        return (beat - self.ahead) / 2


def releases(found):
    return {event.part for event in found if isinstance(event, ControlEvent) and event.controller == 123}


def test_nothing_is_struck_from_the_moment_of_a_stop_on_and_what_sounds_is_released():
    playing = sequencer(plans(SONG), style=BAND)
    before = events(playing, 1.3)
    playing.stop(1.25)
    after = events(playing, 4.0, start=1.3)
    assert notes(before) and not notes(after)
    assert releases(after) == set(BAND.part_names)
    assert not playing.accents([Cue(2.0, 1.0, Event.CUT)], at=2.0, controls=Controls())


def test_a_stop_that_lies_ahead_lets_what_is_before_it_sound():
    playing = sequencer(plans(SONG, density=20), style=TRIO)
    playing.stop(1.3)
    onsets = [note.onset for note in notes(events(playing, 4.0))]
    assert 1.2 < max(onsets) < 1.3


def test_play_begins_on_its_beat_with_the_whole_chord_and_without_a_burst():
    playing = sequencer(plans(SONG), style=TRIO)
    events(playing, 1.3)
    playing.stop(1.25)
    silence = events(playing, 3.1, start=1.3)
    playing.play(8.0)
    found = notes(events(playing, 6.0, start=3.1))
    assert not notes(silence)
    first = [note for note in found if note.onset == found[0].onset]
    assert found[0].onset == 4.0
    assert {note.part for note in first} == {"bass", "pad", "keys"}
    assert {note.pitch % 12 for note in first} <= {9, 0, 4}


def test_play_in_the_middle_of_a_plan_strikes_its_chord_there():
    playing = sequencer([replace(plan(0, "C"), duration=8.0), plan(4, "F")], style=TRIO)
    playing.stop(0.0)
    events(playing, 1.9)
    playing.play(4.0)
    first = notes(events(playing, 2.1, start=1.9))
    assert {note.onset for note in first} == {2.0}
    assert {note.part for note in first} == {"bass", "pad", "keys"}


def test_play_on_a_beat_that_has_just_passed_sounds_now_and_one_long_past_begins_from_now():
    for beat in (3.9, 0.0):
        playing = sequencer(plans(SONG), style=TRIO)
        playing.stop(0.0)
        events(playing, 2.0)
        playing.play(beat)
        found = notes(playing.events(2.02, STILL))
        assert {note.onset for note in found} == {2.0}
        assert len(found) <= 5


def test_play_while_it_plays_changes_nothing():
    playing, plain = (sequencer(plans(SONG), style=TRIO) for _ in range(2))
    found = events(playing, 1.3)
    playing.play(4.0)
    found += events(playing, 6.0, start=1.3)
    assert notes(found) == notes(events(plain, 6.0))


def test_a_style_that_is_chosen_in_silence_is_set_up_in_silence():
    playing = sequencer(plans(SONG), style=TRIO)
    playing.setup(0.0)
    playing.stop(0.0)
    playing.style = BAND
    found = events(playing, 0.1)
    assert playing.style is BAND
    assert {event.part for event in found if isinstance(event, ProgramEvent)} >= {"bass", "pad", "keys", "lead"}
    assert not notes(found)


def test_plans_are_taken_in_silence():
    playing = sequencer([], style=TRIO)
    playing.stop(0.0)
    for step in range(200):
        playing.accept(plan(step, "F" if step % 2 else "C"))
        playing.events(step + 0.5, STILL)
    assert str(playing.sounding(199.5).chord) == "F:maj"


def test_after_a_cadence_the_plans_that_lie_beyond_it_are_kept_for_play():
    playing = sequencer(plans(SONG), style=TRIO)
    events(playing, 1.3)
    end = playing.finish([Chord.parse("G:7"), Chord.parse("C")], at=1.3)
    assert end == 5.0
    for each in plans("E E E E E B:min E"):
        playing.accept(each)
    ended = events(playing, 6.9, start=1.3)
    assert max(note.onset for note in notes(ended)) < 5.0
    assert not playing.accents([Cue(6.0, 1.0, Event.CUT)], at=6.0, controls=Controls())
    for step in range(6, 12):
        playing.accept(plan(step, "Bb"))
    playing.play(16.0)
    found = notes(events(playing, 10.0, start=6.9))
    assert found[0].onset == 8.0
    assert {note.pitch % 12 for note in found} == {10, 2, 5}


def test_play_within_a_cadence_goes_on_from_it_without_a_gap():
    playing = sequencer(plans(SONG), style=TRIO)
    found = events(playing, 1.3)
    playing.finish([Chord.parse("G:7"), Chord.parse("C")], at=1.3)
    playing.play(6.0)
    found += events(playing, 8.0, start=1.3)
    seconds = {int(note.onset) for note in notes(found, "keys")}
    assert seconds == set(range(8))


def test_in_silence_nothing_is_ended():
    playing = sequencer(plans(SONG), style=TRIO)
    events(playing, 1.3)
    playing.stop(1.3)
    assert playing.finish([Chord.parse("C")], at=2.0) == 2.0
    assert not notes(events(playing, 6.0, start=1.3))


@pytest.mark.parametrize("leap", [0.7, 2.8, 40.0])
def test_what_the_tempo_leaps_over_is_not_played_and_what_is_held_is_released(leap):
    tempo = LeapingTempo()
    playing = Sequencer(TRIO, tempo, PLAIN, seed=1)
    for each in plans("C F G C A:min F G:7 C " * 6, density=20):
        playing.accept(each)
    found = events(playing, 1.6)
    tempo.ahead = leap
    after = events(playing, 3.0, start=1.6)
    assert releases(after) == {"bass", "pad", "keys"}
    assert len([note for note in notes(after) if note.onset < 1.62]) <= 6
    assert len(notes(after)) < 1.5 * len(notes(found))
    assert max(note.onset for note in notes(after)) > 2.8


def test_a_leap_in_silence_goes_unheard():
    tempo = LeapingTempo()
    playing = Sequencer(TRIO, tempo, PLAIN, seed=1)
    for each in plans("C F G C A:min F G:7 C"):
        playing.accept(each)
    events(playing, 1.6)
    playing.stop(1.6)
    events(playing, 2.0, start=1.6)
    tempo.ahead = 2.4
    playing.play(8.0)
    found = notes(events(playing, 4.0, start=2.0))
    assert found[0].onset == pytest.approx(2.8)
    assert {note.pitch % 12 for note in found if note.onset < 2.9} <= {9, 0, 4}


def test_a_tempo_change_by_a_little_is_no_leap():
    tempo = InternalTempo(120)
    playing = Sequencer(TRIO, tempo, PLAIN, seed=1)
    for each in plans("C F G C"):
        playing.accept(each)
    events(playing, 0.6)
    tempo.change(240, at=0.55)
    assert not releases(events(playing, 0.9, start=0.6))
