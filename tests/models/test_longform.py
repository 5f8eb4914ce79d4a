"""An hour of music in the small: it does not get stuck, does not drift, comes back and finds new things."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models import longform
from models.longform import block_chords, in_key, key_course, own_label, pictures, play, report
from models.metrics import progression
from models.metrics.musicality import pitch_class_entropy
from stream_v2m.core.chords import Chord, Key
from stream_v2m.core.features import SCENE_OFFSET
from stream_v2m.inference.sampling import SamplerConfig

pytestmark = pytest.mark.models

STEPS = 600
C, G = Key.parse("C"), Key.parse("G")


def test_the_longest_run_counts_steps():
    assert progression.longest_run([1, 1, 2, 2, 2, 1]) == 3
    assert progression.longest_run([]) == 0


def test_the_longest_loop_counts_its_first_round_and_names_its_length():
    assert progression.longest_loop([9, 1, 2, 3, 1, 2, 3, 1, 8], 4) == (7, 3)
    assert progression.longest_loop([1, 2, 3, 1, 9], 4) == (0, 0)  # no whole round again
    assert progression.longest_loop([5, 5, 5, 1, 2], 4) == (3, 1)
    assert progression.longest_loop([1, 2, 3, 1, 2, 3], 2) == (0, 0)


def test_a_phrase_returns_where_it_was_heard_on_such_a_place_and_not_too_long_ago():
    labels = [1, 2, 3, 4, 1, 2, 9, 9, 9, 9, 1, 2]
    assert progression.returns(labels, 2, every=2, within=99) == [False, False, True, False, True, True]
    assert progression.returns(labels, 2, every=2, within=4) == [False, False, True, False, True, False]
    assert progression.returns([9, 1, 2, 1, 2], 2, every=2, within=99) == [False, False]


def test_a_trigram_is_new_once_and_repeats_of_a_chord_do_not_count():
    assert progression.new_trigrams([1, 1, 2, 3, 3, 1, 2, 3]) == [False] * 3 + [True, False, True, True, False]
    assert progression.new_trigrams([]) == []


def test_the_harmony_alone_is_a_piece_of_block_chords():
    piece = block_chords([Chord.parse(name, C) for name in ("C", "C", "C:sus4", "C:sus4")])
    assert (len(piece.bars), len(piece.pitch)) == (3, 12)
    # the bars' histograms are 2 2 2 of each, together C 4, G 4, E 2, F 2
    assert pitch_class_entropy(piece, 1) == pytest.approx(np.log2(3))
    assert pitch_class_entropy(piece, 2) == pytest.approx(2 / 3 * np.log2(3) + 1 / 3 * np.log2(6))


def test_labels_are_of_the_own_key_and_keys_are_told_with_their_minutes():
    chords = [Chord.parse("C", C)] * 60 + [Chord.parse("G", G)] * 60
    assert [own_label(chord) for chord in chords[::60]] == [Chord.parse("C").index] * 2
    assert key_course(chords) == [(0.0, "C major"), (1.0, "G major")]
    assert in_key(chords[0]) and not in_key(Chord.parse("F#", C))


def test_the_made_up_picture_has_cuts_still_acts_and_every_side_of_the_moods():
    windows = pictures(3600, seed=0)
    offsets = np.array([window.features[SCENE_OFFSET] for window in windows])
    valence = np.array([window.affect.valence for window in windows]).reshape(12, 300).mean(axis=1)
    assert 0.05 < np.mean(offsets < 1) < 0.3 and offsets.max() > 120
    assert valence.min() < -0.3 and valence.max() > 0.3


@pytest.fixture(scope="module")
def choices():
    return play(steps=STEPS, seed=0)


def test_ten_minutes_of_music_do_not_get_stuck(choices):
    found = report(choices)
    assert found["longest_run"] <= SamplerConfig().max_repeats
    assert found["longest_loop"]["steps"] <= 96
    assert found["trigrams"] >= 40
    assert all(part["cpi"] > 0.1 and part["chords"] >= 5 for part in found["parts"])


def test_ten_minutes_of_music_stay_in_their_key_and_come_back(choices):
    found = report(choices)
    assert found["keys"] == [(0.0, str(choices[0].chord.key))]
    for part in found["parts"]:
        assert part["in_key"] > 0.8
        assert 2.0 < part["h4"] < 3.2
        assert part["returns_4"] > 0.3


def test_a_key_that_may_change_does_and_the_music_stays_in_it():
    found = play(["sampler.key_change_min=2"], steps=STEPS, seed=0)
    course = key_course([choice.chord for choice in found])
    assert len(course) >= 3
    assert np.mean([in_key(choice.chord) for choice in found]) > 0.8


def test_the_command_writes_figures_and_picture_and_refuses_what_is_no_setting(tmp_path, capsys):
    arguments = ["--minutes", "1.5", "--set", "controls.guidance=2", "--out", str(tmp_path)]
    assert longform.main(arguments) == 0
    found = json.loads((tmp_path / "longform.json").read_text())
    assert found["steps"] == 90 and found["settings"] == ["controls.guidance=2"] and len(found["parts"]) == 1
    assert (tmp_path / "longform.png").read_bytes().startswith(b"\x89PNG")
    assert longform.main(["--set", "controls.guidance=9", "--out", str(tmp_path)]) == 2
    assert "guidance" in capsys.readouterr().err
