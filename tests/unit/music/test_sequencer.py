from dataclasses import replace

import numpy as np
import pytest

from stream_v2m.core.chords import INTERVALS, Chord
from stream_v2m.core.controls import Controls
from stream_v2m.core.tempo import InternalTempo
from stream_v2m.core.values import ControlEvent, Cue, Event, ProgramEvent
from stream_v2m.music.sequencer import MusicConfig, Sequencer
from stream_v2m.music.style import Style
from tests.support.music import PLAIN, STILL, affect, events, notes, plan, plans, sequencer, shipped, sounding

pytestmark = pytest.mark.unit

SONG = "C A:min F G:7 C:maj7 E:min7 A:min7 D:7 D:min7 G:sus4 G:7 C:maj6 F:min6 C B:hdim7 E:7"

SMALL = Style.model_validate(
    {
        "name": "small",
        "parts": [
            {"name": "bass", "role": "bass", "channel": 1, "program": 32, "low": 28, "high": 45}
            | {"density": [[0, 1], [10, 1], [20, 2]], "figures": ["1 | 5"]},
            {"name": "pad", "role": "pad", "channel": 2, "program": 88, "low": 48, "high": 71, "density": [[0, 3]]},
            {"name": "arpeggio", "role": "arpeggio", "channel": 3, "program": 4, "low": 60, "high": 84}
            | {"density": [[0, 0], [20, 8]], "figures": ["1 2 | 3 4", "1 2 3 4 | 4 3 2 1"]},
        ],
    }
)


def schedule(found, part):
    return [(note.onset, round(note.onset + note.duration, 2), note.pitch) for note in notes(found, part)]


def test_a_small_style_plays_exactly_what_is_written():
    found = events(sequencer([plan(0, "C"), plan(1, "F", density=20)], style=SMALL), 2.0)
    assert schedule(found, "bass") == [(0.0, 1.0, 36), (1.0, 1.5, 41), (1.5, 2.0, 36)]
    assert {note.onset for note in notes(found, "pad")} == {0.0, 1.0}
    assert [note.pitch % 12 for note in notes(found, "pad")[:3]] == [0, 4, 7]
    arpeggio = schedule(found, "arpeggio")
    assert arpeggio[:4] == [(0.0, 0.25, 60), (0.25, 0.5, 64), (0.5, 0.75, 67), (0.75, 1.0, 72)]
    assert [pitch for *_, pitch in arpeggio[4:]] == [60, 65, 69, 72, 72, 69, 65, 60]
    assert [onset for onset, *_ in arpeggio[4:]] == [1 + turn / 8 for turn in range(8)]


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_tones_pass_off_the_beat_by_step_to_the_next_chord_tone(share):
    def arpeggio(passing):
        parts = [part.model_copy(update={"passing": passing}) if part.figures else part for part in SMALL.parts]
        style = SMALL.model_copy(update={"parts": tuple(parts)})
        return notes(events(sequencer(plans(SONG, density=20), style=style), 16.0), "arpeggio")

    plain, passed = arpeggio(0.0), arpeggio(share)
    assert [note.onset for note in passed] == [note.onset for note in plain]
    places = [place for place, (a, b) in enumerate(zip(plain, passed, strict=True)) if a.pitch != b.pitch]
    off_beat = sum(note.onset % 0.5 > 0 for note in plain)
    assert 0.3 * share * off_beat < len(places) < share * off_beat
    for place in places:
        before, note, after = passed[place - 1 : place + 2]
        assert note.onset % 0.5 > 0
        assert 1 <= abs(note.pitch - after.pitch) <= 3
        assert 60 <= note.pitch <= 90  # the register, and half an octave above it
        assert note.pitch != before.pitch
        assert (before.pitch, after.pitch) == (plain[place - 1].pitch, plain[place + 1].pitch)
        assert note.onset + note.duration <= after.onset + 1e-6


def test_setup_gives_every_part_its_sound_and_resets_its_controllers():
    found = sequencer().setup(3.0)
    for part in shipped().parts:
        mine = [event for event in found if event.part == part.name]
        assert mine[0] == ProgramEvent(3.0, part.program, part.name)
        values = {event.controller: event.value for event in mine[1:] if isinstance(event, ControlEvent)}
        assert values == {121: 0, 7: part.volume, 10: part.pan, 91: part.reverb, 11: 96}


def test_slices_of_any_size_give_the_same_notes_in_order():
    accepted = plans(SONG, mood=affect(0.4, 0.6))
    small, large = (events(sequencer(accepted, config=MusicConfig()), 16.0, slice_s=slice_s) for slice_s in (0.02, 0.5))
    assert small == large
    onsets = [note.onset for note in notes(small)]
    assert onsets == sorted(onsets) and len(onsets) > 100


def test_every_event_lies_within_its_slice():
    playing, before = sequencer(plans(SONG), config=MusicConfig()), 0.0
    for turn in range(1, 300):
        until = turn * 0.05
        assert all(before <= note.onset < until for note in notes(playing.events(until, STILL)))
        before = until


def test_a_seed_gives_one_performance_and_another_seed_another():
    def performance(seed, live=0):
        made = sequencer(plans(SONG), config=MusicConfig(), seed=seed)
        return events(made, 6.0, controls=replace(STILL, seed=live), slice_s=0.1)

    assert performance(1) == performance(1)
    assert performance(1) != performance(2)
    assert performance(1) != performance(1, live=7)


def test_what_was_asked_is_what_sounds():
    rng = np.random.default_rng(3)
    walk = np.abs(np.cumsum(rng.normal(0, 0.1, (60, 2)), axis=0) % 2 - 1)  # there and back, 0–1
    density, loudness = 1 + 21 * walk[:, 0], 0.02 + 0.36 * walk[:, 1]
    chords = SONG.split()
    accepted = [
        plan(step, chords[step // 2 % 16], loudness[step], density[step], affect(np.sin(step / 5), np.cos(step / 7)))
        for step in range(60)
    ]
    found = events(sequencer(accepted, config=MusicConfig()), 60.0, slice_s=0.1)
    steps = [sounding(found, step, step + 1) for step in range(60)]
    counts = [len(step) for step in steps]
    levels = [np.mean([note.velocity for note in step]) for step in steps]
    assert np.corrcoef(density, counts)[0, 1] > 0.95
    assert np.corrcoef(loudness, levels)[0, 1] > 0.9
    assert np.mean(np.abs(density - counts)) < 1.0


def test_more_asked_is_never_less_played_and_rises_evenly():
    def played(density):
        found = events(sequencer(plans(SONG, density=density)), 16.0, slice_s=0.5)
        return sum(len(sounding(found, step, step + 1)) for step in range(16)) / 16

    counts = [played(density) for density in np.arange(1, 23)]
    rises = np.diff(counts)
    assert rises.min() > 0 and rises.max() < 1.8  # a pad's voice is one whole note
    assert counts[0] < 2 and counts[-1] > 20


def test_chord_onsets_are_on_the_beat_and_only_moving_notes_come_late():
    config = MusicConfig(humanise_ms=8)
    found = events(sequencer(plans(SONG), config=config), 16.0)
    for note in notes(found):
        late = note.onset * 16 % 1 / 16
        assert late < (1e-9 if note.part in ("bass", "pad") or note.onset % 1 < 1e-9 else 0.008)


def test_a_new_chord_brings_its_root_in_the_bass_and_its_own_tones_everywhere():
    found = events(sequencer(plans(SONG, density=16)), 16.0)
    for step, label in enumerate(SONG.split()):
        chord = Chord.parse(label)
        struck = [note for note in notes(found) if step <= note.onset < step + 1]
        first = next(note for note in struck if note.part == "bass")
        assert (first.onset, first.pitch % 12) == (step, chord.root)
        firm = [note for note in struck if note.part == "pad" or note.onset % 0.5 < 0.01]
        assert {note.pitch % 12 for note in firm if note.part != "bass"} <= set(chord.pitch_classes)


def test_a_chord_that_stays_within_the_bar_is_held_and_struck_again_softer_with_the_next_bar():
    found = notes(events(sequencer(plans("C C C C")), 4.0), "pad")
    assert sorted({note.onset for note in found}) == [0.0, 2.0]
    assert all(note.duration == pytest.approx(2.0, abs=0.01) for note in found)
    assert found[-1].velocity < found[0].velocity


def test_one_chord_for_long_is_no_dead_loop_and_its_bars_return():
    found = notes(events(sequencer(plans("C " * 32)), 32.0), "arpeggio")
    bars = [
        tuple((note.onset % 2, note.pitch) for note in found if bar <= note.onset / 2 < bar + 1) for bar in range(16)
    ]
    assert len(set(bars)) >= 4
    melodies = [tuple(pitch for _, pitch in bar)[:4] for bar in bars]
    assert len(set(melodies)) < 16


def test_no_chord_is_a_rest():
    found = notes(events(sequencer(plans("C N C")), 3.0))
    assert found and not [note for note in found if 1 <= note.onset < 2]


def test_there_is_silence_before_the_first_plan_and_a_thinner_texture_after_the_last():
    found = events(sequencer([plan(2, density=14)]), 9.0)
    assert not [note for note in notes(found) if note.onset < 2]
    counts = [len(sounding(found, second, second + 1)) for second in range(2, 9)]
    assert counts[0] > counts[-1] >= 2


def test_motion_changes_what_sounds_from_the_next_slice_on():
    def played(motion):
        playing = sequencer(plans("C C C C"))
        found = playing.events(0.5, Controls())
        playing.accents([Cue(0.45, motion)], at=0.46, controls=Controls())
        return found, notes(playing.events(1.5, Controls()))

    (before_calm, calm), (before_wild, wild) = played(0.0), played(1.0)
    assert before_calm == before_wild
    assert 0 < len(calm) < len(wild)
    assert max(note.velocity for note in calm) < min(note.velocity for note in wild)


def test_cues_do_nothing_at_strength_0():
    def played(motion):
        playing = sequencer(plans("C C C C"))
        struck = playing.accents([Cue(0.0, motion, Event.HIT)], at=0.0, controls=STILL)
        return struck, playing.events(4.0, STILL)

    assert played(0.0) == played(1.0)
    assert played(1.0)[0] == []


def test_a_cut_strikes_the_chord_at_once_and_once():
    playing = sequencer(plans("F F F F"))
    playing.events(0.5, Controls())
    struck = notes(playing.accents([Cue(0.41, 0.5, Event.HIT, 0.41)], at=0.42, controls=Controls()))
    assert {note.onset for note in struck} == {0.42}
    assert {note.pitch % 12 for note in struck} == {5, 0}
    assert not playing.accents([Cue(0.49, 0.5, Event.CUT, 0.41)], at=0.5, controls=Controls())
    softer = notes(playing.accents([Cue(1.0, 0.1, Event.HIT)], at=1.3, controls=Controls(cue_strength=0.3)))
    assert softer[0].velocity < struck[0].velocity


def test_mute_and_solo_decide_which_parts_sound():
    def parts(**controls):
        playing = sequencer(plans(SONG))
        found = events(playing, 4.0, controls=Controls(**controls))
        found += playing.accents([Cue(4.0, 0.5, Event.HIT)], at=4.0, controls=Controls(**controls))
        return {note.part for note in notes(found)}

    assert parts() == {"bass", "pad", "arpeggio", "stab"}
    assert parts(muted={"bass", "stab"}) == {"pad", "arpeggio"}
    assert parts(soloed={"bass"}) == {"bass"}
    assert parts(soloed={"bass"}, muted={"bass"}) == set()


@pytest.mark.parametrize("semitones", [-24, -5, 3, 24])
def test_transposition_moves_every_note_alike(semitones):
    plain = notes(events(sequencer(plans(SONG)), 8.0))
    moved = notes(events(sequencer(plans(SONG)), 8.0, controls=replace(STILL, transpose=semitones)))
    assert [note.pitch - semitones for note in moved] == [note.pitch for note in plain]


def test_notes_beyond_the_ends_of_midi_are_folded_back_by_octaves():
    high = SMALL.model_copy(update={"parts": (SMALL.parts[2].model_copy(update={"low": 108, "high": 127}),)})
    found = notes(events(sequencer(plans(SONG), style=high), 8.0, controls=replace(STILL, transpose=24)))
    assert found and max(note.pitch for note in found) <= 127


@pytest.mark.parametrize("bpm", [60, 87, 180])
def test_a_tempo_change_leaves_no_gap_and_no_double(bpm):
    tempo = InternalTempo(120)
    playing = Sequencer(SMALL, tempo, PLAIN, seed=1)
    for each in plans("C F " * 12, density=20):
        playing.accept(each)
    found = []
    for turn in range(1, 400):
        if turn == 100:
            tempo.change(bpm, at=1.98)
        found += playing.events(turn * 0.02 + 0.03, STILL)
    onsets = [note.onset for note in notes(found, "arpeggio")]
    gaps = np.diff(onsets)
    assert onsets == sorted(set(onsets))
    assert len(onsets) == pytest.approx(2 * 8 + (8.01 - 2) * min(8, 8 * bpm / 120), abs=2)
    assert gaps.max() < 60 / bpm / 2 + 0.001


def test_an_early_chord_silences_what_it_cuts_short():
    playing = sequencer(plans("C C F F"))
    playing.events(0.7, STILL)
    playing.accept(replace(plan(9, "E"), onset=1.5, duration=0.5))
    found = playing.events(1.2, STILL)
    offs = [event for event in found if isinstance(event, ControlEvent) and event.controller == 123]
    assert {(event.time, event.part) for event in offs} == {(0.75, "bass"), (0.75, "pad"), (0.75, "arpeggio")}
    assert found.index(offs[-1]) < found.index(next(note for note in notes(found) if note.onset == 0.75))
    assert {note.pitch % 12 for note in notes(found, "pad") if note.onset == 0.75} == {4, 8, 11}


def test_a_new_style_takes_over_with_the_next_step_and_is_set_up_first():
    playing = sequencer(plans("C C C C"))
    found = events(playing, 0.5)
    playing.style = SMALL
    assert playing.style.name == "arpeggio"
    found = events(playing, 2.0, start=0.5)
    assert playing.style is SMALL
    switched = next(index for index, event in enumerate(found) if isinstance(event, ProgramEvent))
    assert 0.97 < found[switched].time <= 1.0
    assert all(notes(found[switched:], part)[0].onset == 1.0 for part in SMALL.part_names)


def test_the_plan_that_sounds_and_the_one_that_comes_are_told():
    playing = sequencer(plans("C F"))
    assert playing.sounding(-0.1) is None and str(playing.coming(-0.1).chord) == "C:maj"
    assert str(playing.sounding(0.9).chord) == "C:maj" and str(playing.coming(0.9).chord) == "F:maj"
    assert str(playing.sounding(1.0).chord) == "F:maj" and playing.coming(1.0) is None


def test_a_cadence_begins_on_the_half_bar_ends_on_a_held_chord_and_then_nothing_plays():
    playing = sequencer(plans("C F G C A:min F"))
    found = events(playing, 1.3)
    end = playing.finish([Chord.parse("G:7"), Chord.parse("C")], at=1.28)
    playing.accept(plan(3, "A"))
    found += events(playing, 20.0, start=1.3)
    assert end == 5.0
    last = [note for note in notes(found) if note.onset >= 3.0]
    assert {note.pitch % 12 for note in last} == {0, 4, 7}
    assert {note.part for note in last} == {"bass", "pad", "arpeggio"}
    assert all(note.onset + note.duration == pytest.approx(end, abs=0.01) for note in last)
    before = [note.velocity for note in notes(found, "pad") if note.onset == 1.0]
    assert max(note.velocity for note in last if note.part == "pad") < max(before)


def test_a_cadence_without_anything_before_it_is_silence():
    playing = sequencer()
    assert playing.finish([Chord.parse("C")], at=2.0) == 2.0
    assert playing.events(9.0, STILL) == []


def test_every_quality_is_played_by_its_own_tones():
    for quality in INTERVALS:
        found = notes(events(sequencer(plans(f"D:{quality} D:{quality}", density=18)), 2.0))
        tones = set(Chord.parse(f"D:{quality}").pitch_classes)
        assert {note.pitch % 12 for note in found if note.part == "pad"} == tones
        assert {note.pitch % 12 for note in found if note.onset % 0.5 < 0.01} == tones


def test_a_tempo_that_leaps_up_takes_no_root_from_the_bass():
    tempo = InternalTempo(60)
    playing = Sequencer(SMALL, tempo, PLAIN, seed=1)
    for each in plans("C F G A"):
        playing.accept(each)
    found = playing.events(0.5, STILL)
    tempo.change(240, at=0.5)
    found += playing.events(tempo.time_at(8.0), STILL)
    assert [note.pitch % 12 for note in notes(found, "bass")] == [0, 5, 7, 9]
