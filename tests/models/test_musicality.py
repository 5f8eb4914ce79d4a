"""Musicality metrics against values worked out by hand."""

from __future__ import annotations

import math

import mido
import numpy as np
import pytest

from models.metrics.likeness import Bins, bar_features, different_proportions
from models.metrics.musicality import (
    change_places,
    entropy,
    grooving_similarity,
    pitch_class_entropy,
    progression_irregularity,
)
from models.metrics.piece import Piece, read_midi
from models.metrics.structure import chroma, fitness_scape_plot, self_similarity, structureness

pytestmark = pytest.mark.models


def piece(notes, bars=2, chords=()):
    """Notes as (beat, length, pitch) at one beat a second, four to the bar."""
    rows = np.array(notes, np.float64).reshape(-1, 3)
    lines = np.arange(bars + 1) * 4.0
    return Piece(
        beat=rows[:, 0],
        start=rows[:, 0],
        end=rows[:, 0] + rows[:, 1],
        pitch=rows[:, 2].astype(np.int64),
        velocity=np.full(len(rows), 64),
        bars=lines,
        bar_starts=lines,
        chords=np.array([label for _, label in chords], np.int64),
        chord_starts=np.array([moment for moment, _ in chords], np.float64),
    )


def test_entropy_is_in_bits():
    assert entropy(np.array([1, 1, 1, 1, 0])) == 2.0
    assert entropy(np.array([7, 0])) == 0.0
    assert entropy(np.array([1, 3])) == pytest.approx(0.25 * 2 + 0.75 * math.log2(4 / 3))


def test_pitch_class_entropy_takes_octaves_as_one_and_the_mean_over_windows():
    notes = [(0, 1, 60), (1, 1, 72), (4, 1, 60), (5, 1, 62)]
    assert pitch_class_entropy(piece(notes), 1) == pytest.approx((0 + 1) / 2)
    assert pitch_class_entropy(piece(notes), 2) == pytest.approx(entropy(np.array([3, 1])))
    assert pitch_class_entropy(piece(notes), 4) == pytest.approx(entropy(np.array([3, 1])))


def test_bars_without_notes_do_not_enter_the_entropy():
    assert pitch_class_entropy(piece([(0, 1, 60), (1, 1, 62)], bars=3), 1) == 1.0
    assert math.isnan(pitch_class_entropy(piece([]), 1))


def test_grooving_similarity_counts_the_sixteenths_that_differ():
    same = [(0, 1, 60), (1, 1, 62), (4, 1, 70), (5, 1, 71)]
    assert grooving_similarity(piece(same)) == 1.0
    moved = [(0, 1, 60), (1, 1, 62), (4, 1, 70), (5.25, 1, 71)]
    assert grooving_similarity(piece(moved)) == pytest.approx(1 - 2 / 16)
    assert math.isnan(grooving_similarity(piece([(0, 1, 60)])))


def test_an_onset_just_before_the_bar_line_is_on_it():
    bar, place = piece([(3.99, 1, 60), (3.8, 1, 60)]).by_bar(16)
    assert bar.tolist() == [1, 0] and place.tolist() == [0, 15]


def test_progression_irregularity_is_the_share_of_unique_trigrams():
    assert progression_irregularity(np.array([1, 2, 3, 1, 2, 3])) == 3 / 4
    assert progression_irregularity(np.array([1, 1, 2, 0, 2, 3, 4])) == 1.0
    assert progression_irregularity(np.array([1, 2, 1, 2, 1, 2])) == 2 / 4
    assert progression_irregularity(np.array([5])) == 1.0


def test_fitness_of_a_perfect_repetition_is_known():
    # Two segments of three seconds that are alike and nothing else: the family of the first three seconds has two
    # paths of three cells, score 6, coverage 6 of 6; less the segment itself 3/6 and 3/6.
    similar = np.full((6, 6), -2.0)
    for shift in (-3, 0, 3):
        similar += np.eye(6, k=shift) * 3
    fitness = fitness_scape_plot(similar)
    assert fitness[2, 0] == pytest.approx(0.5)
    assert fitness[2, 3] == pytest.approx(0.5)
    assert fitness[5, 0] == 0.0
    # one second that comes twice: two cells of score 1, less itself 1/2; coverage (2 − 1)/6
    assert fitness[0, 0] == pytest.approx(2 * (1 / 2) * (1 / 6) / (1 / 2 + 1 / 6))


def test_fitness_follows_a_repetition_at_half_speed():
    # second 0, 1 return as 2, 4: a path may pass over one row; its coverage counts that row
    similar = np.full((5, 5), -2.0)
    np.fill_diagonal(similar, 1.0)
    similar[2, 0] = similar[4, 1] = 1.0
    score, coverage = (4 - 2) / 4, (2 + 3 - 2) / 5
    assert fitness_scape_plot(similar)[1, 0] == pytest.approx(2 * score * coverage / (score + coverage))


def test_similarity_is_one_on_the_diagonal_and_blind_to_transposition():
    rng = np.random.default_rng(0)
    theme = rng.random((12, 12))
    features = np.concatenate([theme, np.roll(theme, 5, axis=1)])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    similar = self_similarity(features)
    assert np.diag(similar).tolist() == [1.0] * 24
    assert similar[12, 0] == pytest.approx(1.0)
    assert similar.min() == -2.0


def test_chroma_weighs_by_how_long_it_sounds():
    found = chroma(piece([(0, 4, 60), (0, 2, 67)]))
    assert found.shape == (4, 12)
    assert found[0, 0] == pytest.approx(found[0, 7])
    assert found[3, 0] == pytest.approx(1.0)


def test_a_repeated_theme_has_more_structure_than_random_notes():
    rng = np.random.default_rng(1)
    theme = rng.integers(48, 72, 10)
    repeated = [(i, 1, theme[i % 10]) for i in range(40)]
    random = [(i, 1, pitch) for i, pitch in enumerate(rng.integers(48, 72, 40))]
    assert structureness(piece(repeated, bars=10))["mid"] > structureness(piece(random, bars=10))["mid"] + 0.1


def test_proportions_differ_by_the_z_test():
    # .5 against .6 of 100: z = .1 / sqrt(.55 * .45 * .02) = 1.421; against .65: z = 2.147
    assert different_proportions(np.array([50, 50]), np.array([60, 40])).tolist() == [0, 0]
    assert different_proportions(np.array([50, 50]), np.array([65, 35])).tolist() == [1, 1]
    assert different_proportions(np.array([0, 10]), np.array([0, 10])).tolist() == [0, 0]


def test_bins_tell_another_music_and_not_the_same():
    rng = np.random.default_rng(0)
    real = np.concatenate([rng.normal(0, 0.1, (300, 2)), rng.normal(5, 0.1, (100, 2))])
    bins = Bins.fit(real, 2)
    assert sorted(bins.counts.tolist()) == [100, 300]
    assert bins.different(real[::2]) == 0.0
    assert bins.different(real[300:]) == 1.0


def test_bar_features_are_those_of_the_bar():
    found = bar_features(piece([(0, 4, 60), (0, 4, 64), (2, 2, 67)], bars=2))
    assert found.shape == (1, 8)
    onsets, notes, pitch, _, velocity, _, length, bits = found[0]
    assert (onsets, notes, velocity) == (2, 3, 64)
    assert pitch == pytest.approx(191 / 3) and length == pytest.approx(2.5 / 3) and bits == pytest.approx(math.log2(3))


def test_a_midi_file_is_read_with_its_tempo_its_upbeat_and_its_chords():
    file = mido.MidiFile(ticks_per_beat=100)
    file.tracks.append(
        mido.MidiTrack(
            [
                mido.MetaMessage("time_signature", numerator=3, denominator=4),
                mido.MetaMessage("set_tempo", tempo=1_000_000),
                mido.MetaMessage("marker", text="A:min", time=100),
                mido.MetaMessage("set_tempo", tempo=500_000, time=100),
                mido.MetaMessage("marker", text="no chord at all", time=10),
            ]
        )
    )
    notes = [("note_on", 0, 60, 80), ("note_on", 200, 62, 70), ("note_off", 100, 62, 0), ("note_on", 0, 60, 0)]
    file.tracks.append(mido.MidiTrack(mido.Message(k, time=t, note=p, velocity=v) for k, t, p, v in notes))
    file.tracks.append(mido.MidiTrack([mido.Message("note_on", channel=9, note=36, velocity=99)]))
    found = read_midi(file)
    assert found.start.tolist() == [0.0, 2.0] and found.end.tolist() == [2.5, 2.5]
    assert found.velocity.tolist() == [80, 70]
    assert found.chord_starts.tolist() == [1.0] and found.bars[:2].tolist() == [1.0, 4.0]


def test_a_cut_keeps_what_begins_in_its_bars():
    whole = piece([(0, 1, 60), (4, 1, 62), (8, 1, 64)], bars=3, chords=[(0, 1), (4, 2), (8, 3)])
    part = whole.cut(1, 1)
    assert part.pitch.tolist() == [62] and part.chords.tolist() == [2] and part.bars.tolist() == [4.0, 8.0]


def test_places_of_changes_are_counted_by_quarters_of_the_bar_and_repeats_are_no_changes():
    """Bars of four seconds; the onset just before the bar line belongs to it."""
    changes = piece([(0, 1, 60)], bars=4, chords=[(0, 1), (4, 2), (5, 2), (6, 3), (7, 0), (7.5, 3), (11.9, 4)])
    assert change_places(changes).tolist() == [2 / 3, 0.0, 1 / 3, 0.0]
    assert np.isnan(change_places(piece([(0, 1, 60)], chords=[(0, 1)]))).all()
