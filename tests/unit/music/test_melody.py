from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from stream_v2m.core.chords import INTERVALS, Chord, Key
from stream_v2m.core.commands import Controls
from stream_v2m.core.scales import SCALES
from stream_v2m.music.melody import rungs_of, scale_of
from tests.support.arrangement import LEAD, style
from tests.support.music import STILL, affect, events, notes, plan, plans, sequencer

pytestmark = pytest.mark.unit

SONG = "C A:min F G:7 C:maj7 E:min7 A:min7 D:7 D:min7 G:sus4 G:7 C:maj6 F:min6 C B:hdim7 E:7"
LINE = style(LEAD)
C_MAJOR = Key(0, "major")


def sung(song=SONG, *, controls=STILL, times=2, mood=None, density=18.0):
    """The melody's notes in C major; a step is a second, a bar two."""
    labels = song.split() * times
    found = [
        replace(plan(step, density=density, mood=mood), chord=Chord.parse(label, C_MAJOR))
        for step, label in enumerate(labels)
    ]
    return notes(events(sequencer(found, style=LINE), float(len(found)), controls=controls))


def test_one_note_sounds_at_a_time():
    line = sung()
    assert len(line) > 60
    assert all(note.onset + note.duration <= following.onset for note, following in pairwise(line))


def test_strong_beats_have_chord_tones_and_no_minor_ninth_above_another():
    chords = [Chord.parse(label) for label in SONG.split()] * 2
    for note in sung():
        if note.onset % 0.5 < 1e-9 and round(note.onset * 2) % 2 == 0:
            tones = chords[int(note.onset)].pitch_classes
            assert note.pitch % 12 in tones
            assert (note.pitch - 1) % 12 not in tones


def test_it_moves_mostly_by_step_and_seldom_leaps_wider_than_a_fifth():
    steps = np.abs(np.diff([note.pitch for note in sung()]))
    assert np.mean(steps <= 2) > 0.6
    assert np.mean(steps > 7) < 0.05


def test_a_tone_that_is_not_the_chords_is_a_step_from_the_one_before_and_is_left_by_a_step_or_little_more():
    chords = [Chord.parse(label) for label in SONG.split()] * 2
    strange = 0
    line = sung()
    for before, note, after in zip(line, line[1:], line[2:], strict=False):
        if note.pitch % 12 not in chords[int(note.onset)].pitch_classes:
            strange += 1
            assert abs(note.pitch - before.pitch) <= 4
            assert abs(after.pitch - note.pitch) <= 4
    assert strange > 8


def test_a_phrase_of_four_bars_ends_with_a_rest_of_a_beat():
    line = sung()
    for end in (8.0, 16.0, 24.0):
        last = [note for note in line if note.onset < end][-1]
        assert last.onset + last.duration <= end - 0.5 + 1e-9


def test_the_motif_of_the_first_bar_returns_in_the_third():
    line = sung("C C C C", times=4, density=20.0)
    first, third = (
        [(note.onset % 2, note.pitch) for note in line if begin <= note.onset < begin + 2] for begin in (0, 4)
    )
    assert len(first) > 3
    assert first == third


def test_valence_lets_a_phrase_rise_or_fall():
    def slope(valence):
        line = sung("C C C C C C C C", mood=affect(valence, 0.0), times=4)
        return np.mean([np.polyfit([n.onset for n in part], [n.pitch for n in part], 1)[0] for part in phrases(line)])

    def phrases(line):
        return [[note for note in line if begin <= note.onset < begin + 8] for begin in range(0, 32, 8)]

    assert slope(1.0) > slope(0.0) + 0.3 > slope(-1.0) + 0.6


def test_arousal_widens_the_intervals():
    def width(arousal):
        return np.mean(np.abs(np.diff([note.pitch for note in sung(mood=affect(0.0, arousal))])))

    assert width(1.0) > width(0.0) > width(-1.0)


def test_passing_tones_come_from_the_scale_that_is_asked_for():
    for name, steps in SCALES.items():
        label = "C:min" if 3 in steps else "C"
        line = sung(f"{label} " * 8, controls=Controls(cue_strength=0, scale=name))
        chordal = set(Chord.parse(label).pitch_classes)
        assert {note.pitch % 12 for note in line} <= set(steps) | chordal


def test_no_scale_or_chord_leaves_a_melody_without_notes_to_stand_on():
    for label in INTERVALS:
        for root in range(12):
            for scale in (None, *SCALES):
                chord = Chord(root, label, C_MAJOR)
                rungs = rungs_of(chord, scale_of(chord, scale), 62, 86)
                assert sum(rungs.stable) >= 4
                assert rungs.pitches[rungs.home] % 12 in chord.pitch_classes


def test_without_a_key_the_chord_is_its_own():
    assert scale_of(Chord.parse("D:min7"), None) == Key(2, "minor").scale
    assert scale_of(Chord(None, ""), None) == ()


def test_home_is_the_chord_tone_nearest_to_the_middle_and_heights_count_the_scale_from_there():
    rungs = rungs_of(Chord.parse("C", C_MAJOR), C_MAJOR.scale, 62, 86)

    def near(wish):
        return rungs.nearest(wish, None, stable=True, reach=0.0)

    assert [near(wish) for wish in (-5, -3, 0, 2, 4, 7)] == [64, 67, 72, 76, 79, 84]
    assert rungs.nearest(1, 72, stable=False, reach=0.0) == 74


def test_no_chord_is_a_rest_and_the_last_chord_one_long_note():
    line = sung("C N C", times=1)
    assert line and not [note for note in line if 1 <= note.onset < 2]
    playing = sequencer(plans("C F"), style=LINE)
    found = events(playing, 0.5)
    end = playing.finish([Chord.parse("C")], at=0.5)
    found += events(playing, end + 1, start=0.5)
    last = notes(found)[-1]
    assert last.pitch % 12 in (0, 4, 7)
    assert last.onset + last.duration == pytest.approx(end, abs=0.01)
